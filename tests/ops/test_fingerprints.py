"""Fingerprints are those of TensorFlow's hashes; the numbers here were computed by TensorFlow 2.21."""

from __future__ import annotations

import pytest

from pellucid.ops.fingerprints import fingerprint, joined, keyed

TEXT = b"In which order are the values of a Flatten layer laid out, and what do Theano's and TensorFlow's axis orders change?"
BINS = 2**61 - 1
# The first so many bytes; Fingerprint64, and SipHash under the key (133, 137), both modulo BINS.
BY_LENGTH = [
    (0, 1936946117179621459, 316627932347062998),
    (1, 939471844073562180, 2126716839408468424),
    (3, 530487222982345218, 1386198625418906908),
    (4, 522698963678716487, 760947935272479135),
    (7, 1222104425190402458, 1201484812261743476),
    (8, 1304353636088291886, 2211855266721999037),
    (16, 2162666438134652249, 1669847668044291789),
    (17, 1352606861343505195, 1828100192071291904),
    (32, 2011574232702467800, 846074990201011181),
    (33, 895657008871065191, 2198248879281559902),
    (64, 443693645960829400, 232071432076860424),
    (65, 506344299154389796, 742849461962393517),
    (116, 1753251606226620443, 383919217473262401),
]


@pytest.mark.parametrize(("length", "plain", "salted"), BY_LENGTH)
def test_a_text_of_each_length(length, plain, salted):
    assert fingerprint(TEXT[:length]) % BINS == plain
    assert keyed(TEXT[:length], (133, 137)) % BINS == salted


def test_two_joined_are_tensorflows_crossed_columns():
    begin = 0xDECAFCAFFE
    assert joined(joined(begin, fingerprint(b"A")), 101) % 1000 == 891
    assert joined(joined(begin, fingerprint(b"B")), 102) % 1000 == 576
