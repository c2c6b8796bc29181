// Package keyspace holds the data of one node: keys with their values and expiry times, in a table per slot.
//
// # One way in
//
// Data changes by Space.Apply and by nothing else. An Effect is deterministic: it carries absolute times and results,
// never a clock, a random choice or "increment by". So a primary that executes a command, a replica that follows its
// log and a restart that replays the log all reach the same content:
//
//	command ──► Effect ──► Space.Apply              on the owner, at once
//	              │
//	              └─ Append ─► log ─► DecodeEffect ──► Space.Apply   on a replica, on a restart, at a slot's new owner
//
// # Where things are
//
// A slot's table is an array of buckets, one cache line each: twelve one-byte tags of the hash, and twelve references into
// an arena of 1 MiB chunks, where the entries are: header, key, value. So a look-up reads one line of the table and then
// the entry, and 32 bits reach 64 GiB. There is no pointer in either, so the garbage collector never looks at keys. What
// is too long for a block lies outside, in memory of its own.
//
//	slot ──► table ──► bucket   tags ▒▒▒▒▒▒▒▒▒▒▒▒  overflow  references ▪▪▪▪▪▪▪▪▪▪▪▪
//	                                    └ equal to the hash's? ──────────┘
//	                                                                     │
//	arena    chunk │ entry │ free │ header, key, value │ entry │ …  ◄────┘
//
// With many keys a directory leads from the slot to its buckets directly, and the keys of a window of commands are looked up
// together (window).
//
// Nothing takes long at once, however much there is: a large table is resized a few homes at a time (table), the arena is
// compacted a few blocks at a time (evacuation), sequences grow by pages, an emptied slot is put aside and freed bit by bit
// (drop).
//
// # Order
//
// The keys of a slot have an order: that of their keyed hash (SipHash-1-3), equal hashes in the order of the keys. The
// home of a key is the bucket ⌊hash·homes/2⁶⁴⌋, which rises with the hash, for any number of homes. A key lies in its home
// or, if that is full, in the next bucket that is not; each bucket counts the keys that had to go past it.
//
//	bucket 0, full        bucket 1              bucket 2
//	c a … b   passed: 1   e d f   passed: 0     h g   passed: 0        a < b < c < d < e < f < g < h
//	                        └ its home is bucket 0
//
// So the keys of one home are those of its bucket and, as far as the counts lead, of those behind; sorted, and home after
// home, they are in order. The order is a function of the keys and of the seed, not of history, and survives growth and
// shrinking. So a position in it can simply be a hash, and a walk that remembers such a position (SCAN's cursor here, the
// copy cursor of a resync) meets each key that stays exactly once, whatever is inserted, deleted or resized meanwhile.
// The hash is keyed, so a client cannot choose keys that collide; should all keys collide, everything still works, only
// slower.
//
// # Time
//
// A Space has no clock. A lookup is told the wall time and reports a key whose time has passed as absent; the key stays
// until its owner applies a Delete. An index by (time, key) tells what is due next, on every node in the same order.
//
// # Eviction
//
// When memory is short, some keys make room. Space.Victim chooses the next by a policy; the caller deletes it by an effect.
// What is recorded of keys' use for that takes no memory of its own (access), and what is drawn and compared is bounded
// (candidates).
//
// # Lending
//
// Keys and values that a Space hands out are its own bytes, lent until the next Apply.
//
// Sources: Bronson and Shi, "Open-sourcing F14 for faster, more memory-efficient hash tables" (2019), for the tags and
// the overflow counts; Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012); Wilson, Johnstone, Neely and
// Boles, "Dynamic storage allocation: a survey and critical review" (1995), for segregated lists; the Redis
// documentation of SCAN, section "Scan guarantees", and of EXPIRE, "How Redis expires keys".
package keyspace
