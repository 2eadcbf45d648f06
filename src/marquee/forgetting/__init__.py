"""Forgetting customers, everywhere, with proof.

Landing, lake, vault, quarantine and registry lose their rows; everything to the right of the lake
is built anew from what is left.
"""

from marquee.forgetting.builds import remove_builds, remove_older_versions
from marquee.forgetting.erasure import forget_in_lake
from marquee.forgetting.names import Customers
from marquee.forgetting.proof import Forgetting, search_everywhere, write_proof

__all__ = [
    "Customers",
    "Forgetting",
    "forget_in_lake",
    "remove_builds",
    "remove_older_versions",
    "search_everywhere",
    "write_proof",
]
