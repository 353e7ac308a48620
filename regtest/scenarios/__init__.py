"""Payment accidents as scenarios: played by our own end-to-end tests, and by a shop's QA on a server of their own.

A scenario uses what anybody outside can use: the server's API, the shop's, a node on regtest, and moved time.
"""
