"""The stand-in shop: towards Sattle it behaves as a WooCommerce shop with the older, BitPay-style BTCPay plugin does.

It is the storefront of `make up` and the witness of the end-to-end tests: what it wrote into an order is what a
merchant would have seen. Run it with `python -m regtest.shop`; docs/shop.md says what it does and lists its settings.
"""
