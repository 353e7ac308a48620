"""All that knows WooCommerce: its REST API, what to do about an order, and the pass that does it (docs/bridge.md)."""
