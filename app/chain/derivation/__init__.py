"""From an account's extended public key or a descriptor to addresses: the one home of hdwallet and wallycore.

hdwallet parses and validates each key. wallycore reads descriptors, derives and encodes: hdwallet does not pad P2TR
coordinates and would encode 0.7 % of those addresses wrongly, and money sent there is lost (docs/adr/0003).
"""

from app.chain.derivation.addresses import destination_of as destination_of
from app.chain.derivation.scheme import Derivation as Derivation
from app.chain.derivation.scheme import derivation_from_descriptor as derivation_from_descriptor
from app.chain.derivation.scheme import parse_account_key as parse_account_key
from app.chain.derivation.scripts import Destination as Destination
from app.chain.derivation.scripts import ScriptType as ScriptType
