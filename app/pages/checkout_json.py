"""What /status answers: the view under the names that BTCPay's checkout gives its figures, for third-party scripts."""

from typing import Any

from app.pages.checkout_view import CheckoutView


def checkout_json(view: CheckoutView) -> dict[str, Any]:
    """Amounts are strings in coins; `additionalStatus`, `state` and `isTerminal` are our own."""
    methods = view.methods
    return {
        "invoiceId": view.invoice_id,
        "status": view.status.value,
        "additionalStatus": view.additional.value,
        "state": view.state,
        "isTerminal": view.is_final,
        "storeId": view.store_id,
        "storeName": view.store_name,
        "orderId": view.order_id,
        "itemDesc": view.item,
        "paymentMethodId": view.payment_method,
        "paymentMethodCurrency": view.coin,
        "availablePaymentMethods": [
            {"paymentMethodId": method, "displayed": True, "order": order} for order, method in enumerate(methods)
        ],
        "address": view.address,
        "due": view.due,
        "paid": view.paid,
        "orderAmount": view.total,
        "orderAmountFiat": view.price,
        "invoiceCurrency": view.currency,
        "rate": view.rate,
        "networkFee": view.network_fee,
        "txCount": view.transactions_required,
        "isUnsetTopUp": view.is_open_amount,
        "expirationSeconds": view.seconds_left,
        "maxTimeSeconds": view.seconds_in_all,
        "timeLeft": view.time_left,
        "requiredConfirmations": view.required_confirmations,
        "receivedConfirmations": view.received_confirmations,
        "invoiceBitcoinUrl": view.bip21,
        "invoiceBitcoinUrlQR": view.qr_text,
        "merchantRefLink": view.return_url,
        "redirectAutomatically": view.returns_by_itself,
    }
