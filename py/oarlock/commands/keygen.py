"""oarlock keygen: a key that signs bundles."""

from __future__ import annotations

from pathlib import Path

import click

from oarlock.commands._shared import emit_json, json_option, reports_errors

__all__ = ["keygen"]


@click.command(short_help="Make a key that signs bundles.")
@click.argument("key", metavar="KEYFILE", type=click.Path(path_type=Path))
@json_option
@reports_errors
def keygen(key: Path, as_json: bool) -> None:
    """Make an Ed25519 key pair: the private key in KEYFILE, and the public key in KEYFILE.pub.

    Keep KEYFILE secret, away from devices: who has it can sign. Devices get KEYFILE.pub. Both are PEM files, which
    openssl reads too. Nothing is overwritten.
    """
    from oarlock.signing import make_key

    pair = make_key(key)
    if as_json:
        paths = {"private_key": str(pair.private_key), "public_key": str(pair.public_key)}
        emit_json({"ok": True, **paths, "key_id": pair.key_id})
    else:
        click.echo(f"private key  {pair.private_key}\npublic key   {pair.public_key}\nkey id       {pair.key_id}")
