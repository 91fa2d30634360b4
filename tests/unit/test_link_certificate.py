"""Reading a certificate without trusting it."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.servers import make_pki
from xovac_tui.errors import SettingsError
from xovac_tui.link.certificate import read_certificate, trust
from xovac_tui.link.target import show_fingerprint


def test_dates_and_digest_are_those_of_the_certificate(tmp_path: Path) -> None:
    from cryptography import x509

    pki = make_pki(tmp_path)
    for name, digest in pki.fingerprints.items():
        pem = (tmp_path / f"{name}.pem").read_text()
        read = read_certificate(ssl.PEM_cert_to_DER_cert(pem))
        truth = x509.load_pem_x509_certificate(pem.encode())
        assert show_fingerprint(read.digest) == digest
        assert read.valid_from == truth.not_valid_before_utc
        assert read.valid_until == truth.not_valid_after_utc


def test_years_after_2049_are_written_in_another_form() -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    end = datetime.datetime(2075, 1, 2, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(1999, 1, 2, tzinfo=datetime.UTC))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    read = read_certificate(made.public_bytes(serialization.Encoding.DER))
    assert read.valid_until == end
    assert read.valid_from == datetime.datetime(1999, 1, 2, tzinfo=datetime.UTC)


@given(st.binary(max_size=200))
def test_anything_else_has_a_digest_and_no_dates(der: bytes) -> None:
    read = read_certificate(der)
    assert len(read.digest) == 32


def test_a_folder_is_no_ca_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ca_file"):
        trust(str(tmp_path))
