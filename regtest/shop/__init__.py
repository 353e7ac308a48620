"""The stand-in shop: towards Sattle it behaves as a WooCommerce shop with both BTCPay plugins does.

The Greenfield plugin is in `greenfield`; the older, BitPay-style one is in the modules beside it.

It is the storefront of `make up` and the witness of the end-to-end tests: what it wrote into an order is what a
merchant would have seen. Run it with `python -m regtest.shop`; docs/shop.md says what it does and lists its settings.
"""
