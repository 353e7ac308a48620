"""The things that the shop sells, over REST: how many are left. Written after WooCommerce's documentation, not seen."""

from regtest.shop.goods import DOWNLOADS, IN_STOCK, PRODUCTS
from regtest.shop.rest.exchange import RestAnswer, RestError, RestRequest
from regtest.shop.rest.order_json import money, product_id
from regtest.shop.rest.site import Site


def one(site: Site, request: RestRequest, asked: str) -> RestAnswer:
    """One of them; of downloads nobody counts how many there are."""
    sold = next((product for product in (*PRODUCTS, *DOWNLOADS) if product_id(product.code) == int(asked)), None)
    if sold is None:
        raise RestError(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")
    counts = site.options.manage_stock and not sold.is_download
    left = site.orders.stock().get(sold.code, IN_STOCK) if counts else None
    body = {
        "id": int(asked),
        "name": sold.name,
        "type": "simple",
        "status": "publish",
        "sku": sold.code.upper(),
        "price": money(sold.price, site.options),
        "virtual": sold.is_download,
        "downloadable": sold.is_download,
        "manage_stock": counts,
        "stock_quantity": left,
        "stock_status": "outofstock" if left is not None and left <= 0 else "instock",
        "backorders": "no",
        "backorders_allowed": False,
    }
    return RestAnswer(200, body)
