"""The shop's side of the Greenfield dialect: what the plugin 2.8.0 does between a merchant, a buyer and the server.

connection   what the merchant set, kept in a file
permissions  which API keys it accepts
client       its calls, one by one
connecting   wizard and settings form, the webhook registered by them
methods      the store's payment methods and the gateways made of them
cashier      an order's invoice: the present one again, or a new one
deliveries   what a webhook does to an order
payment_data what it writes down about payments
refunds      a pull payment for the customer to claim
plugin       all of it together
"""
