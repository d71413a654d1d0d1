"""What can go wrong between a client and its appliance, in one tree.

TransferError
├── NotConfigured      no address or no key to go with
├── Unreachable        the appliance or its store does not answer; trying again later may help
├── Refused            the appliance said no; `type` is the problem's slug, `status` the HTTP status
└── SourceChanged      the file on disk went away or changed while it was sent
"""


class TransferError(Exception):
    """`str(error)` is one sentence for a person."""


class NotConfigured(TransferError):
    pass


class Unreachable(TransferError):
    pass


class Refused(TransferError):
    def __init__(self, message: str, *, type_: str, status: int) -> None:
        super().__init__(message)
        self.type = type_
        self.status = status


class SourceChanged(TransferError):
    pass
