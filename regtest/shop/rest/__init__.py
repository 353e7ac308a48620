"""The shop's WooCommerce REST API, as a WooCommerce 11 was recorded answering it. The same orders as the plugins'.

exchange     a request as PHP sees it, an answer, an error in WordPress' shape
oauth        whether a request is signed with a key's secret
keys         the API keys, and whose a request is
parameters   what a list may be asked for, with WordPress' words for what it may not
order_json   an order as JSON
reading      one order, a list of orders
writing      what a PUT does, trash and deletion
notes, refunds, products, facts (settings, gateways, status), webhooks
routing      from a path to one of those, with the permission that it takes
accidents    the ways in which a shop fails instead of answering
deeds        what people, customers and cron do to an order behind everybody's back
authorize    one click for a key
views        all of it under its addresses
below        the same in a sub-directory
"""
