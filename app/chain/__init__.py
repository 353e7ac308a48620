"""The explorer: follows the merchant's own Bitcoin Core node and turns what the chain says into facts."""
