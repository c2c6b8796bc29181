// Package wire is what all messages between nodes share: identifiers, the envelope around each message, and the cursor
// that their decoders are written with.
//
// An envelope is the same in a datagram and on a stream. Integers are big-endian.
//
//	offset
//	   0  ┌──────────────────────────────────────────────┐
//	      │ magic "EMBR"                               4 │
//	   4  │ version, now 2                             1 │
//	   5  │ kind: what the payload is                  1 │
//	   6  │ kept, zero                                 2 │
//	   8  │ length of the payload                      4 │
//	  12  │ cluster id                                16 │
//	  28  │ sender's node id                          20 │
//	  48  │ sender's boot number                       8 │
//	  56  │ generation, version and hash of the          │
//	      │ sender's configuration                    24 │
//	  80  │ kept for an authentication tag, zero      16 │
//	  96  │ CRC-32C of all other bytes                 4 │
//	 100  ├──────────────────────────────────────────────┤
//	      │ payload                                      │
//	      └──────────────────────────────────────────────┘
//
// The checksum covers the header and the payload, so the flip of any bit is caught: by the checksum, or before it by
// the magic, the version or the length. It guards against accidents. Against an adversary the bus below seals the envelope as a
// whole (transport/seal); the 16 kept bytes have room for a tag of one's own, and are zero until a version defines one, so an
// envelope has exactly one encoding.
//
// The cluster id keeps two clusters apart that come to share addresses. The boot number is counted up by each start of
// the sender, so that what an earlier life sent can be told from what the present one says. The stamp tells whoever has an older configuration where to get a newer one.
//
// Decoders follow three rules, which Reader makes easy to keep: no read goes past the end, no number from the wire
// decides an allocation before it is bounded, and each way to fail is an Error of a kind that can be counted. The variable-length
// integer is the unsigned LEB128 of encoding/binary, in its shortest form only: equal values have equal bytes.
package wire
