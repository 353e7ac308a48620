"""All that knows WooCommerce: REST client, status table, reconciliation. It arrives with the bridge."""
