"""What a permission lets its holder do, in words for the merchant who is asked to grant it."""

STORE = "btcpay.store."
WORDS = {
    "unrestricted": "Do everything that you can do: all stores, all settings, users and further keys",
    "btcpay.store.canmodifystoresettings": (
        "Change everything about the store: its name, prices' rates, wallet, webhooks, invoices, refunds and users"
    ),
    "btcpay.store.canviewstoresettings": "See the store's settings, invoices, refunds and payouts",
    "btcpay.store.webhooks.canmodifywebhooks": "Make, change and remove webhooks, by which the shop is told of payments",
    "btcpay.store.canmodifyinvoices": "Make invoices, see them, and mark them as settled or invalid",
    "btcpay.store.canviewinvoices": "See invoices and what was paid, with the buyers' names and addresses on them",
    "btcpay.store.cancreateinvoice": "Make invoices",
    "btcpay.store.cancreatelightninginvoice": "Make lightning invoices (this server has none)",
    "btcpay.store.canuselightningnode": "Use the store's lightning node (this server has none)",
    "btcpay.store.canmodifypaymentrequests": "Make and change payment requests (this server has none)",
    "btcpay.store.canviewpaymentrequests": "See payment requests (this server has none)",
    "btcpay.store.canviewreports": "See reports",
    "btcpay.store.cansendstoreemails": "Send e-mails in the store's name (this server sends none)",
    "btcpay.store.canmanagepullpayments": "Make refunds, approved at once if it likes, and withdraw them",
    "btcpay.store.cancreatepullpayments": "Make refunds that are approved without asking you again",
    "btcpay.store.cancreatenonapprovedpullpayments": "Offer refunds; you approve each one before it is paid",
    "btcpay.store.canarchivepullpayments": "Withdraw refunds",
    "btcpay.store.canviewpullpayments": "See refunds",
    "btcpay.store.canmanagepayouts": "Approve, cancel and mark payouts as paid",
    "btcpay.store.canviewpayouts": "See payouts",
    "btcpay.store.canmanagewallets": "Manage the store's wallet (this server holds no keys, so nobody can spend through it)",
    "btcpay.store.canmanagewalletsettings": "Change which wallet the store is paid to",
    "btcpay.store.canmanagewallettransactions": "Prepare transactions of the wallet (this server cannot spend)",
    "btcpay.store.canviewwallet": "See the store's wallet, its addresses and transactions",
    "btcpay.server.canmodifyserversettings": "Change the settings of this server, and its users",
    "btcpay.server.canmanageusers": "Make, change and remove users of this server, and keys in their names",
    "btcpay.server.canviewusers": "See the users of this server",
    "btcpay.server.cancreateuser": "Make users of this server",
    "btcpay.server.canuseinternallightningnode": "Use the server's lightning node (it has none)",
    "btcpay.user.canmodifyprofile": "Change your account's e-mail address, name and password",
    "btcpay.user.canviewprofile": "See your account's e-mail address and name",
    "btcpay.user.candeleteuser": "Delete your account",
    "btcpay.user.canmanagenotificationsforuser": "See and clear your notifications",
    "btcpay.user.canviewnotificationsforuser": "See your notifications",
}


def words_for(policy: str) -> str:
    """The sentence for a policy; a policy without one is named itself."""
    return WORDS.get(policy, policy)


def is_of_a_store(policy: str) -> bool:
    """Can the policy be limited to one store?"""
    return policy.startswith(STORE)
