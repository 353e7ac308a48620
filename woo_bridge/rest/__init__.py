"""The REST client of WooCommerce shops: `shop.Shop` is what the bridge speaks through."""
