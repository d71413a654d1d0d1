"""Which hosts are the appliance's own, over all that a Host header can say."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.errors import HostNotAccepted
from appliance.web.addresses import AddressBook, Addresses
from tests.unit.web_options import options

BOOK = AddressBook(options(hosts=frozenset({"media.example.org"}), host="192.168.1.5"))
LABEL = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?", fullmatch=True)
PORT = st.just("") | st.integers(0, 99999).map(lambda port: f":{port}")


def host_of(addresses: Addresses) -> str:
    return urlsplit(addresses.cdn).netloc.rpartition(":")[0]


@given(st.ip_addresses(v=4), PORT)
def test_every_ipv4_address_is_accepted(address: object, port: str) -> None:
    assert host_of(BOOK.for_header(f"{address}{port}")) == str(address)


@given(st.ip_addresses(v=6), PORT)
def test_every_ipv6_address_is_accepted_in_brackets_alone(address: object, port: str) -> None:
    assert host_of(BOOK.for_header(f"[{address}]{port}")) == f"[{address}]"
    with pytest.raises(HostNotAccepted):
        BOOK.for_header(str(address))


@given(LABEL, PORT)
def test_every_single_label_is_accepted(label: str, port: str) -> None:
    assert host_of(BOOK.for_header(label + port)) == label.lower()


@given(
    st.lists(LABEL, min_size=1, max_size=3), st.sampled_from(["local", "localhost", "test", "internal", "home.arpa"])
)
def test_names_that_nobody_can_own_are_accepted(labels: list[str], suffix: str) -> None:
    assert host_of(BOOK.for_header(".".join([*labels, suffix]))) == ".".join([*labels, suffix]).lower()


@given(st.lists(LABEL, min_size=1, max_size=4), st.sampled_from(["com", "org", "example", "lan", "dev", "arpa"]))
def test_names_of_the_public_dns_are_refused(labels: list[str], suffix: str) -> None:
    name = ".".join([*labels, suffix])
    with pytest.raises(HostNotAccepted):
        BOOK.for_header(name + ".x." + suffix)


@given(st.text(max_size=80))
def test_whatever_is_accepted_makes_a_url_on_that_host(header: str) -> None:
    try:
        found = BOOK.for_header(header)
    except HostNotAccepted:
        return
    for url, port in ((found.api, 8080), (found.cdn, 8088), (found.s3, 9000)):
        parts = urlsplit(url)
        assert (parts.scheme, parts.port, parts.path, parts.query, parts.username) == ("http", port, "", "", None)
        assert url.isascii()


def test_a_configured_name_is_accepted_in_any_case() -> None:
    assert host_of(BOOK.for_header("Media.Example.ORG.:80")) == "media.example.org"


def test_where_no_host_is_given_the_own_one_stands_in() -> None:
    assert host_of(BOOK.for_header("")) == host_of(BOOK.of_appliance()) == "192.168.1.5"
    assert host_of(AddressBook(options(host="fd00::5")).of_appliance()) == "[fd00::5]"
