"""Keys, signatures and who refuses what; the core's own tests of them are native."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from oarlock import Bundle, _core, signing
from oarlock.cli import main
from oarlock.errors import (
    BadBundleError,
    BadKeyError,
    BadSignatureError,
    ChangedAfterSigningError,
    FileReadError,
    HashMismatchError,
    MissingPackageError,
    NotFoundError,
    SignatureError,
    UnsignedError,
    WrongKeyError,
)

from ..schemas import validate
from .helpers import Build, make_bundle, names


@pytest.fixture
def bundle(build: Build, tmp_path: Path) -> Path:
    return make_bundle(build, tmp_path / "small.oar")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return signing.make_key(tmp_path / "team.pem").private_key


@pytest.fixture
def public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


@pytest.fixture
def signed(bundle: Path, key: Path) -> Path:
    sign(bundle, key)
    return bundle


def sign(bundle: Path, key: Path, passphrase: bytes | None = None) -> str:
    def ask() -> bytes:
        if passphrase is None:
            pytest.fail("asked for a passphrase")
        return passphrase

    return signing.sign(bundle, key, ask)[1]


def verify(bundle: Path, public: Path) -> None:
    Bundle(bundle).verify_signature(public)


def openssl(*arguments: str | Path, **options: Any) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **options).stdout


def run(*arguments: str | Path, **options: Any) -> Result:
    return CliRunner().invoke(main, [str(it) for it in arguments], **options)


class TestKeys:
    def test_files(self, key: Path, public: Path) -> None:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert key.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
        assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----\n")
        assert openssl("pkey", "-in", key, "-pubout") == public.read_bytes()

    def test_every_key_is_another(self, tmp_path: Path) -> None:
        assert len({signing.make_key(tmp_path / name).key_id for name in "abc"}) == 3

    def test_nothing_is_overwritten(self, key: Path, public: Path, tmp_path: Path) -> None:
        before = key.read_bytes(), public.read_bytes()
        with pytest.raises(FileExistsError):
            signing.make_key(key)
        public.unlink()
        with pytest.raises(FileExistsError):
            signing.make_key(key)
        assert not public.exists()
        public.write_bytes(before[1])
        key.unlink()
        with pytest.raises(FileExistsError):
            signing.make_key(key)
        assert not key.exists()
        assert public.read_bytes() == before[1]

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            signing.make_key(tmp_path / "none" / "key")


class TestSigning:
    def test_what_is_written(self, bundle: Path, key: Path, public: Path) -> None:
        key_id = sign(bundle, key)
        signature = json.loads((bundle / "bundle.sig").read_text())
        validate(signature, "signature")
        assert signature["key_id"] == key_id
        assert names(bundle) == ["arm64-fp32.nb", "bundle.json", "bundle.sig", "labels.txt", "x86-fp32.nb"]
        verify(bundle, public)

    def test_openssl_agrees(self, signed: Path, public: Path, tmp_path: Path) -> None:
        """As docs/schema/signature.schema.json says it."""
        signature = json.loads((signed / "bundle.sig").read_text())
        (tmp_path / "message").write_bytes(b"oarlock bundle 1\n" + (signed / "bundle.json").read_bytes())
        (tmp_path / "signature").write_bytes(bytes.fromhex(signature["signature"]))
        arguments = ["-pubin", "-inkey", public, "-sigfile", tmp_path / "signature", "-in", tmp_path / "message"]
        assert b"Signature Verified Successfully" in openssl("pkeyutl", "-verify", "-rawin", *arguments)
        der = openssl("pkey", "-pubin", "-in", public, "-outform", "DER")
        assert openssl("dgst", "-sha256", "-r", input=der).split()[0].decode() == signature["key_id"]

    def test_equal_bytes(self, signed: Path, key: Path) -> None:
        before = (signed / "bundle.sig").read_bytes()
        sign(signed, key)
        assert (signed / "bundle.sig").read_bytes() == before

    def test_another_key_replaces_the_signature(self, signed: Path, public: Path, tmp_path: Path) -> None:
        other = signing.make_key(tmp_path / "other")
        sign(signed, other.private_key)
        verify(signed, other.public_key)
        with pytest.raises(WrongKeyError):
            verify(signed, public)

    def test_keys_of_openssl(self, bundle: Path, tmp_path: Path) -> None:
        key, public = tmp_path / "ssl.pem", tmp_path / "ssl.pub"
        openssl("genpkey", "-algorithm", "ed25519", "-out", key)
        openssl("pkey", "-in", key, "-pubout", "-out", public)
        sign(bundle, key)
        verify(bundle, public)

    def test_encrypted_keys(self, bundle: Path, key: Path, public: Path, tmp_path: Path) -> None:
        locked = tmp_path / "locked.pem"
        openssl("pkey", "-in", key, "-aes256", "-passout", "pass:olive", "-out", locked)
        sign(bundle, locked, b"olive")
        verify(bundle, public)
        with pytest.raises(BadKeyError, match=r"locked\.pem: cannot be read as a private key"):
            sign(bundle, locked, b"oak")

    def test_keys_of_other_kinds(self, bundle: Path, public: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.pem"
        kinds = {
            (
                "rsa",
                "-pkeyopt",
                "rsa_keygen_bits:1024",
            ): r"of another kind \(RSA\), expected an Ed25519 private key in PEM",
            ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"): r"of another kind \((ECCurve|EC|EllipticCurve)",
            ("x25519",): r"of another kind \(X25519\)",
            ("ed448",): r"of another kind \(Ed448\)",
        }
        for (kind, *options), sentence in kinds.items():
            openssl("genpkey", "-algorithm", kind, *options, "-out", other)
            with pytest.raises(BadKeyError, match=sentence):
                sign(bundle, other)
        other.write_text("no key")
        with pytest.raises(BadKeyError, match=r"other\.pem: cannot be read as a private key"):
            sign(bundle, other)
        other.write_text("x" * 70000)
        with pytest.raises(BadKeyError, match="is larger than 65536 bytes"):
            sign(bundle, other)
        with pytest.raises(BadKeyError, match=r"team\.pem\.pub: holds a public key, expected an Ed25519 private key"):
            sign(bundle, public)
        with pytest.raises(NotFoundError, match=r"none\.pem: no such file; make a key with `oarlock keygen"):
            sign(bundle, tmp_path / "none.pem")
        with pytest.raises(FileReadError, match="cannot be read: Is a directory"):
            sign(bundle, tmp_path)
        assert not (bundle / "bundle.sig").exists()

    def test_only_what_is_whole(self, bundle: Path, key: Path) -> None:
        for name in ("extra.nb", "golden", ".DS_Store"):
            extra = bundle / name
            extra.mkdir() if name == "golden" else extra.write_text("x")
            with pytest.raises(BadBundleError, match=rf"{name}: is in the bundle, but bundle\.json does not list it"):
                sign(bundle, key)
            extra.rmdir() if name == "golden" else extra.unlink()
        content = bytearray((bundle / "x86-fp32.nb").read_bytes())
        content[-1] ^= 1
        (bundle / "x86-fp32.nb").write_bytes(content)
        with pytest.raises(HashMismatchError):
            sign(bundle, key)
        assert not (bundle / "bundle.sig").exists()

    def test_a_link_is_not_written_through(self, bundle: Path, key: Path, tmp_path: Path) -> None:
        (bundle / "bundle.sig").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(BadBundleError, match=r"bundle\.sig: is a link"):
            sign(bundle, key)
        assert not (tmp_path / "elsewhere").exists()

    def test_without_cryptography(self, bundle: Path, key: Path, public: Path, signed: Path) -> None:
        """What devices have: verification does without it."""
        code = f"""
import sys
sys.modules["cryptography"] = None
import oarlock
from oarlock import signing
oarlock.Bundle({str(signed)!r}).verify_signature({str(public)!r})
for attempt in (lambda: signing.make_key("x"), lambda: signing.sign({str(bundle)!r}, {str(key)!r}, bytes)):
    try:
        attempt()
    except oarlock.errors.MissingPackageError as error:
        print(error)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.count("run `pip install 'oarlock[sign]'`\n") == 2
        assert issubclass(MissingPackageError, Exception)


class TestVerifying:
    def test_unsigned(self, bundle: Path, public: Path) -> None:
        with pytest.raises(UnsignedError, match=r"small\.oar: has no bundle\.sig, so nobody has signed it") as caught:
            verify(bundle, public)
        assert caught.value.code == "OAR-UNSIGNED"
        assert isinstance(caught.value, SignatureError)

    def test_by_another_key(self, signed: Path, tmp_path: Path) -> None:
        other = signing.make_key(tmp_path / "other")
        with pytest.raises(WrongKeyError, match=rf"but .*other\.pub is the key {other.key_id}"):
            verify(signed, other.public_key)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (lambda it: it.update(signature="00" * 64), BadSignatureError),
            (lambda it: it.update(signature="zz" * 64), BadSignatureError),
            (lambda it: it.update(algorithm="none"), BadSignatureError),
            (lambda it: it.update(bundle_sha256="00" * 32), ChangedAfterSigningError),
            (lambda it: it.clear(), BadSignatureError),
        ],
    )
    def test_wrong_signatures(
        self, signed: Path, public: Path, change: Callable[[dict[str, Any]], None], error: type[SignatureError]
    ) -> None:
        signature = json.loads((signed / "bundle.sig").read_text())
        change(signature)
        (signed / "bundle.sig").write_text(json.dumps(signature))
        with pytest.raises(error, match=r"bundle\.sig: "):
            verify(signed, public)

    def test_changed_afterwards(self, signed: Path, public: Path) -> None:
        manifest = signed / "bundle.json"
        text = manifest.read_text()
        manifest.write_text(text.replace('"name": "small"', '"name": "Small"'))
        with pytest.raises(ChangedAfterSigningError, match=r"another bundle\.json than the one beside it"):
            verify(signed, public)
        manifest.write_text(text)
        verify(signed, public)
        (signed / "extra.nb").write_text("x")
        with pytest.raises(ChangedAfterSigningError, match=r"extra\.nb: is in the bundle, but was not signed"):
            verify(signed, public)
        (signed / "extra.nb").unlink()
        (signed / "labels.txt").write_text((signed / "labels.txt").read_text().replace("class 1", "Class 1"))
        with pytest.raises(HashMismatchError, match=r"labels\.txt"):
            verify(signed, public)

    def test_keys(self, signed: Path, key: Path, public: Path, tmp_path: Path) -> None:
        with pytest.raises(BadKeyError, match=r"team\.pem: holds a private key, expected an Ed25519 public key in PEM"):
            verify(signed, key)
        with pytest.raises(NotFoundError, match=r"none\.pub: no such file"):
            verify(signed, tmp_path / "none.pub")
        with pytest.raises(FileReadError, match="Is a directory"):
            verify(signed, tmp_path)
        other = tmp_path / "other.pub"
        for content in (b"", b"text", b"\0" + public.read_bytes(), public.read_bytes() + b" " * 70000):
            other.write_bytes(content)
            with pytest.raises(BadKeyError, match=r"other\.pub: is no PEM file"):
                verify(signed, other)

    def test_after_a_copy(self, signed: Path, public: Path, tmp_path: Path) -> None:
        shutil.copytree(signed, tmp_path / "copy.oar")
        verify(tmp_path / "copy.oar", public)


class TestCommands:
    def test_keygen_and_sign(self, bundle: Path, tmp_path: Path) -> None:
        made = run("keygen", tmp_path / "k", "--json")
        assert made.exit_code == 0, made.stderr
        validate(json.loads(made.stdout), "keygen")
        done = run("sign", bundle, "--key", tmp_path / "k", "--json")
        assert done.exit_code == 0, done.stderr
        result = json.loads(done.stdout)
        validate(result, "sign")
        assert result["key_id"] == json.loads(made.stdout)["key_id"]
        assert result["bundle"] == str(bundle)
        assert Path(result["signature"]).read_text()
        verify(bundle, tmp_path / "k.pub")

    def test_for_people(self, bundle: Path, tmp_path: Path) -> None:
        made = run("keygen", tmp_path / "k")
        key_id = made.stdout.split()[-1]
        assert made.stdout == (
            f"private key  {tmp_path / 'k'}\npublic key   {tmp_path / 'k.pub'}\nkey id       {key_id}\n"
        )
        assert run("sign", bundle, "--key", tmp_path / "k").stdout == f"signed {bundle} with the key {key_id}\n"
        again = run("keygen", tmp_path / "k")
        assert (again.exit_code, again.stderr) == (1, f"Error: {tmp_path / 'k.pub'}: File exists\n")

    def test_wrong_usage(self, bundle: Path) -> None:
        done = run("sign", bundle)
        assert done.exit_code == 2
        assert "Missing option '--key'" in done.stderr

    def test_failures(self, bundle: Path, tmp_path: Path) -> None:
        done = run("sign", bundle, "--key", tmp_path / "none", "--json")
        assert done.exit_code == 1
        validate(json.loads(done.stdout), "failure")
        assert json.loads(done.stdout)["error"]["code"] == "OAR-NOT-FOUND"

    def test_passphrase(
        self, bundle: Path, key: Path, public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        locked = tmp_path / "locked.pem"
        openssl("pkey", "-in", key, "-aes256", "-passout", "pass:olive", "-out", locked)
        done = run("sign", bundle, "--key", locked)
        assert done.exit_code == 1
        assert "is encrypted, and there is no terminal to ask for its passphrase" in done.stderr
        monkeypatch.setattr("oarlock.commands.sign._is_terminal", lambda: True)
        monkeypatch.setattr(click, "prompt", lambda text, **options: "olive")
        assert run("sign", bundle, "--key", locked).exit_code == 0
        verify(bundle, public)

    def test_wrong_signatures_have_distinct_codes(self) -> None:
        codes = {_core.EXCEPTIONS[status].default_code for status in range(19, 24)}
        assert codes == {
            "OAR-UNSIGNED",
            "OAR-BAD-SIGNATURE",
            "OAR-WRONG-KEY",
            "OAR-CHANGED-AFTER-SIGNING",
            "OAR-BAD-KEY",
        }


def test_a_key_that_cannot_be_read(signed: Path, key: Path, public: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    public.chmod(0)
    with pytest.raises(FileReadError, match="Permission denied"):
        verify(signed, public)
    key.chmod(0)
    with pytest.raises(FileReadError, match="Permission denied"):
        sign(signed, key)
