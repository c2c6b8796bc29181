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
// # Order
//
// The keys of a slot are kept in the order of their keyed hash (SipHash-1-3), equal hashes in the order of the keys. A
// table is an array of cells; the home of a key is the cell ⌊hash·homes/2⁶⁴⌋, which rises with the hash, and Robin Hood
// probing keeps displaced keys in order too:
//
//	         home(a) home(c)                home(f)
//	            ▼       ▼                      ▼
//	cells  │    a       b    c    d    ·   ·   f    ·  ║ ·      a < b < c < d < f by (hash, key)
//	                  └ home(b) = home(a): displaced by one     ║ behind the last home there is room for displaced keys only
//
// The order is a function of the keys and of the seed, not of history, and survives growth and shrinking. So a position
// in it can simply be a hash, and a walk that remembers such a position (SCAN's cursor here, the copy cursor of a
// resync) meets each key that stays exactly once, whatever is inserted, deleted or resized meanwhile. The hash is
// keyed, so a client cannot choose keys that collide; should all keys collide, everything still works, only slower.
//
// # Time
//
// A Space has no clock. A lookup is told the wall time and reports a key whose time has passed as absent; the key stays
// until its owner applies a Delete. An index by (time, key) tells what is due next, on every node in the same order.
//
// # Lending
//
// Keys and values that a Space hands out are its own bytes, lent until the next Apply.
//
// Sources: Celis, Larson and Munro, "Robin Hood Hashing" (1985); Aumasson and Bernstein, "SipHash: a fast short-input
// PRF" (2012); the Redis documentation of SCAN, section "Scan guarantees", and of EXPIRE, "How Redis expires keys".
package keyspace
