"""How long the merchant's pages take at the server with 100,000 invoices: home, list, search, report; both engines.

python -m bench.admin_pages [--rows N] [--json FILE]

Each page is asked for by a signed-in merchant of the store, through the whole application, without HTTP between. Seven
in ten invoices are settled by a payment of their own, at a rate of their own, spread evenly over the last 70 days.
"""

TIMES = 20
WANTED_MS = 300
DAYS = 70
PAGES = {
    "home": "/admin",
    "list, newest": "/admin/invoices",
    "list, oldest": "/admin/invoices?order=oldest",
    "list, largest amount": "/admin/invoices?order=amount",
    "list, settled": "/admin/invoices?status=Settled",
    "list, settled, largest": "/admin/invoices?status=Settled&order=amount",
    "list, processing (1 in 100), largest": "/admin/invoices?status=Processing&order=amount",
    "list, invalid (none)": "/admin/invoices?status=Invalid",
    "list, paid late (1 in 1,000)": "/admin/invoices?additional=PaidLate",
    "list, paid late, largest": "/admin/invoices?additional=PaidLate&order=amount",
    "list, a week": "/admin/invoices?from={week}&to={today}",
    "list, in the middle": "/admin/invoices?after={middle}",
    "search, an order": "/admin/invoices?q=order-77777",
    "search, an e-mail": "/admin/invoices?q=buyer77@",
    "search, a transaction": "/admin/invoices?q={txid}",
    "search, what all have": "/admin/invoices?q=order-",
    "search, what nobody has": "/admin/invoices?q=zzzzzz",
    "one invoice": "/admin/invoices/{invoice}",
    "report of 90 days": "/admin/reports?days=90",
}
