"""Words in names that show whether a request or the model decides a value.

This is the only such list. Settings extend it: `per-request-names`, `per-model-names`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words for numbers of a request: how many tokens, sequences, requests or rows there are.
PER_REQUEST = _words(
    """
    token tokens ntokens seq seqs nseq nseqs sequence sequences seqlen seqlens req reqs request
    requests nreqs batch batches nbatch bsz row rows nrow nrows element elements elem elems
    numel nelem nelems nelements prompt prompts
    """
)
#: Words that no configuration uses: they are enough without a measured tensor.
_CERTAIN = _words("tokens ntokens seqs nseqs sequences seqlens reqs nreqs requests prompts")
#: Words that matrices of a model have too: they only count for a first dimension.
_OF_MATRICES = _words("row rows nrow nrows element elements elem elems nelem nelems nelements")
#: Before `len`, `length` or `lens`, these make a length: `kv_len`, `qlen`. Query lengths are
#: fixed where one token, or a few drafted ones, are decoded at a time.
_OF_QUERIES = "q|query|seq|sequence"
_OF_OTHERS = "k|kv|ctx|context|key|prompt|src|tgt|input|prefill"
_LENGTH = re.compile(rf"(?:^|_)(?:{_OF_QUERIES}|{_OF_OTHERS})_?(?:len|lens|length|lengths)(?:_|$)")
_QUERY_LENGTH = re.compile(rf"(?:^|_)(?:{_OF_QUERIES})_?(?:len|length)(?:_|$)|^t$")
#: Whole names that papers and kernels use for lengths.
_LENGTHS = frozenset({"T", "TOTAL_T", "N_CTX", "n_ctx"})
#: Names with a different meaning in each kernel: they only count for a first dimension.
_OF_FIRST_DIMENSION = frozenset({"M", "NT", "B", "bs", "BS", "n_context", "num_context"})
#: A length between two other dimensions, as in `B, S, D = x.shape`; a state size as the last one.
_OF_MIDDLE_DIMENSION = frozenset({"S"})
#: Words of an index of one of many things, or of an offset.
_NO_NUMBERS = _words(
    """
    id ids idx index indices offset delta start end eps
    """
)
#: Words of numbers that are not sizes.
_NO_SIZES = _words(
    """
    ratio mult multiplier alpha beta gamma theta lambda threshold bound limit temperature cap
    softcap softcapping magnitude bias dilation iter iters iteration iterations shift lower upper
    """
)

#: Words for values that a model, its configuration or the tuning of a kernel fixes.
PER_MODEL = _words(
    """
    per head heads nhead nheads expert experts hidden vocab dim dims ndim topk top block blocks
    xblock yblock zblock rblock sink sinks recent
    stride strides chunk chunks page pages capacity window rank ranks channel channels feature
    features group groups ngroups weight weights cache buffer scale scales table layer layers
    width embed embedding embeddings intermediate lora loras slot slots kernel tile tiles warp
    warps spec speculative draft split splits stage stages padded pad bucket aligned pow2
    closest static graph capture world bits pack packed factor state states adapter adapters tp
    sm sms processor processors multiprocessor multiprocessors cluster pool accept accepted
    """
)
#: Those of them that a quotient may have: the number of blocks changes with the dividend.
_OF_QUOTIENTS = _words("blocks chunks tiles splits")
#: The same, next to a word for a number: `num_block`.
_NUMBERED = _words("block chunk tile split")
_NUMBERS = _words("num n number count")
#: A tensor with one of these words has sizes of the model, or of the engine.
_OF_MODEL = _words(
    """
    weight weights w cache caches buffer buf scale scales table tables bias param params code
    parameter embedding embeddings pool lut codebook centroids mapping map inv freq freqs accept
    draft amax amaxes absmax
    """
)
_OF_MODEL_ENDS = ("table", "cache", "weight", "weights", "buffer")
#: A kernel with one of these words works on a model's weights, or on a fixed number of tokens.
_KERNELS_OF_MODEL = _words(
    """
    weight weights lora pack repack spec speculative draft accept static
    """
)
#: A tensor with one of these words has one number for each group; a model fixes their number.
_OF_GROUPS = _words("size sizes count counts hist histogram expert experts offs group groups")
#: A tensor of these has one more number than there are parts: sequences, or a model's experts.
_OFFSETS = _words("offset offsets")
_DECODING = _words(
    """
    decode decoding update step recurrent verify
    """
)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Words(NamedTuple):
    """The user's additions to the words."""

    per_request: frozenset[str] = frozenset()
    per_model: frozenset[str] = frozenset()

    @classmethod
    def of(cls, per_request: Iterable[str], per_model: Iterable[str]) -> Words:
        """Return the words in the form in which a user gives them."""
        return cls(*(frozenset(map(str.lower, words)) for words in (per_request, per_model)))

    def is_per_request(
        self, name: str, first_dimension: bool = False, middle_dimension: bool = False
    ) -> bool:
        """Whether a name says that a value changes with every request."""
        if name in _LENGTHS or (first_dimension and name in _OF_FIRST_DIMENSION):
            return True
        if middle_dimension and name in _OF_MIDDLE_DIMENSION:
            return True
        words = words_of(name)
        told = PER_REQUEST if first_dimension else PER_REQUEST - _OF_MATRICES
        if words & (told | self.per_request):
            return True
        return _LENGTH.search("_".join(_split(name))) is not None

    def is_certain(self, name: str) -> bool:
        """Whether a name alone says so of a value from a parameter or an attribute."""
        return not words_of(name).isdisjoint(_CERTAIN | self.per_request)

    def is_per_model(self, name: str, of_quotient: bool = False) -> bool:
        """Whether a name says that a model, or its configuration, fixes a value.

        With `of_quotient`, the name stands for a quotient: then a word for blocks says
        nothing.
        """
        words = words_of(name)
        if words & self.per_request:
            return False
        if {"max", "num"} <= words:
            return True
        fixed = PER_MODEL | self.per_model
        if of_quotient and "size" not in words:
            fixed = fixed - (_OF_QUOTIENTS - self.per_model)
            if words & _NUMBERS:
                fixed = fixed - (_NUMBERED - self.per_model)
        return not words.isdisjoint(fixed)

    def is_tensor_of_model(self, name: str) -> bool:
        """Whether a tensor's name says that it belongs to the model."""
        words = words_of(name)
        return not words.isdisjoint(_OF_MODEL | self.per_model) or name.lower().endswith(
            _OF_MODEL_ENDS
        )

    def is_kernel_of_model(self, name: str) -> bool:
        """Whether a kernel's name says that requests do not change what it works on."""
        return not words_of(name).isdisjoint(_KERNELS_OF_MODEL)


#: The words without additions by a user.
NO_WORDS = Words()


def is_most(name: str) -> bool:
    """Whether it is like `max_seqlen`: a limit, or the largest value that came."""
    return "max" in words_of(name)


def counts_few(tensor: str) -> bool:
    """Whether a tensor has one element for each expert or group: `slice_sizes`."""
    return not words_of(tensor).isdisjoint(_OF_GROUPS)


def has_offsets(tensor: str) -> bool:
    """Whether a tensor has offsets, of whatever: only other names tell how many there are."""
    return not words_of(tensor).isdisjoint(_OFFSETS)


def is_number_of(name: str) -> bool:
    """Whether a name may be a count of things: `token_id` is not."""
    return words_of(name).isdisjoint(_NO_NUMBERS)


def may_be_size(name: str) -> bool:
    """Whether a name may be the name of a size, about which callers may know more."""
    return is_number_of(name) and words_of(name).isdisjoint(_NO_SIZES)


def is_query_length(name: str) -> bool:
    """Whether it is a name like `query_len`, `seqlen` or `T`."""
    return _QUERY_LENGTH.search("_".join(_split(name))) is not None or "seqlen" in words_of(name)


def decodes(kernel: str) -> bool:
    """Whether a kernel's name says that it works on one token, or a few, of each sequence."""
    return not words_of(kernel).isdisjoint(_DECODING)


def words_of(name: str) -> frozenset[str]:
    """Return the words of a name, in lower case: `maxSeqLen`, `MAX_SEQ_LEN`."""
    return frozenset(_split(name))


@lru_cache(maxsize=4096)
def _split(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(name))
