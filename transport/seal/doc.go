// Package seal keeps strangers off the bus: a transport.Bus around another one, whose datagrams and streams only those
// can write and read who hold the cluster's secret.
//
// # Threat model
//
// The adversary reads, drops, delays, repeats, changes and invents packets on the network between the nodes, under any
// address, for as long as it likes; it has recorded all that earlier lives of the nodes have sent. It does not have the secret. Then:
//
//   - it learns from a packet its length, its time, its number, and which session sent it, nothing of its content;
//   - a node takes only what a holder of the secret has sent, to this session of this node, once;
//   - a datagram that is late by more than the window is refused, as if it had been lost;
//   - what a stream delivers is a beginning of what was sent on it, and its end is known from a cut;
//   - it holds no more of a node's memory than a fixed number of handshakes.
//
// It is not promised: that packets arrive (who can drop them all can stop any cluster); which holder of the secret a
// message is from (the secret is the group's; the envelope of package wire names a sender, and any holder can name any); that an
// address leads to the node that it led to before, if another holder of the secret is reached there; that recorded traffic stays secret
// when the secret becomes known (there is no key exchange with forward secrecy). The secret is used as it is, not
// stretched: it must be drawn at random, not thought up.
//
// # Keys
//
// A secret becomes a pseudorandom key by HKDF-Extract, and each key for AES-256-GCM comes from that by HKDF-Expand (RFC 5869)
// under a label that names its use and both sides, so that no two directions, sessions or kinds of message share a key.
// AES-GCM must never see a key with the same nonce twice (NIST SP 800-38D, section 8; RFC 8439, section 2.8, has the same rule for
// ChaCha20-Poly1305). The nonce is deterministic (SP 800-38D, section 8.2.1): 4 bytes of zero and a number of 8 bytes
// that its sender counts up. Numbers count for a whole session, whoever they go to, so a key cannot meet one twice also when
// two addresses lead to one peer. The upper bits of the number are part of the key's label: each 2^24 datagrams, and
// 2^20 records of a stream, have a key of their own, far within AES-GCM's bounds (RFC 9001, appendix B).
//
// # Datagrams
//
// A bus draws a session of 16 random bytes at its start. A datagram is sealed under a key of the sender's and the receiver's
// session, so that what was sent to an earlier life of the receiver means nothing to the present one, and a datagram that comes
// back to its sender is known by its own session. Within the session each number is taken once, by the anti-replay window
// of RFC 4303, section 3.4.3, kept as RFC 6479 does, and after the seal was verified. How a bus learns its peer's session:
//
//	A: hello (random challenge) ─────────────────►  B answers without keeping anything
//	A  ◄──────────────────── welcome (the challenge)   sealed by B's session for A's
//	A: data, kept meanwhile ─────────────────────►  sealed by A's session for B's
//
//	A: data for a session of before B's restart ─►
//	A  ◄───────────── stale (that session)          A asks again by a hello, and goes on as before until it is answered
//
// A welcome counts only with a challenge that is open, so a recorded one is worth nothing. Only what is authentic is
// answered, by at most 16 bytes more than it has itself. The layout, of which all before the content is authenticated too:
//
//	offset
//	   0  ┌──────────────────────────────────────────────┐
//	      │ magic "EMS"                                3 │
//	   3  │ version and kind, 4 bits each              1 │
//	   4  │ id of the secret                           4 │
//	   8  │ session of the sender                     16 │
//	  24  │ session of the receiver, zero in a hello  16 │
//	  40  │ number                                     8 │
//	  48  ├──────────────────────────────────────────────┤
//	      │ content, encrypted                           │
//	      ├──────────────────────────────────────────────┤
//	      │ tag                                       16 │
//	      └──────────────────────────────────────────────┘
//
// # Streams
//
//	opener: magic "EMT", version, id of the secret, its bus, 32 random bytes ──►
//	        ◄── 32 random bytes, record 0 (confirm)      : acceptor
//	opener: record 0 (confirm), record 1, … ──►
//
// Each direction has a key of its own, of the hash of both sides' first bytes: so a stream that was recorded cannot be
// played again, neither to the acceptor nor to the opener. A record is the length of its content (4 bytes) and its type (1), which
// are authenticated too, then the encrypted content, then the tag. Records are numbered by their place, so one that is left out,
// repeated or moved does not open. The last one says that the stream ends; a stream that is closed without it was cut.
// Nothing is reported of a stream before the other side's confirmation: a stranger's stream does not get beyond this package.
//
// # Rotation
//
// A bus has one or two secrets. It seals with the first, and opens with both. So the secret of a running cluster is changed in
// three rounds over its nodes: "old new", then "new old", then "new". A stream lives under the secret under which it
// was opened, and is closed when that is taken away. A cluster that has no secret gets one by way of the modes: see Mode.
package seal
