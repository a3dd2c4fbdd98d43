"""oarlock sign: a bundle's signature."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from oarlock.commands._shared import emit_json, json_option, reports_errors
from oarlock.errors import BadKeyError

__all__ = ["sign"]


@click.command(short_help="Sign a bundle, for devices that take signed ones only.")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--key",
    metavar="KEYFILE",
    required=True,
    type=click.Path(path_type=Path),
    help="Private Ed25519 key in PEM, from oarlock keygen or openssl.",
)
@json_option
@reports_errors
def sign(bundle: Path, key: Path, as_json: bool) -> None:
    """Sign BUNDLE, a folder NAME.oar, with a private key: writes bundle.sig into it.

    The signature covers every file. `oarlock predict --require-signature KEYFILE.pub` refuses bundles without it.
    Whoever changes the bundle, or makes it anew with `oarlock opt`, must sign it again.
    """
    from oarlock.signing import sign as sign_bundle

    path, key_id = sign_bundle(bundle, key, lambda: _ask_passphrase(key))
    if as_json:
        emit_json({"ok": True, "bundle": str(bundle), "signature": str(path), "key_id": key_id})
    else:
        click.echo(f"signed {bundle} with the key {key_id}")


def _ask_passphrase(key: Path) -> bytes:
    if not _is_terminal():
        raise BadKeyError(
            f"{key}: is encrypted, and there is no terminal to ask for its passphrase; run this in a terminal, or "
            "decrypt the key where nobody else can read it with `openssl pkey -in KEYFILE -out PLAINFILE`"
        )
    passphrase: str = click.prompt(f"Passphrase of {key}", hide_input=True, err=True)
    return passphrase.encode()


def _is_terminal() -> bool:
    return sys.stdin.isatty()
