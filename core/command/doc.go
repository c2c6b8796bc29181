// Package command holds the commands that clients send: one Row for each, with all that is to be known of it (name,
// arity, flags, keys, help) and the function that runs it.
//
// A node takes a command through three steps, and may put its own checks between them:
//
//	args ──► Resolve ──► Row ──► KeyPositions ──► slot: served here? ──► Row.Run(Context) ──► reply
//	            │                                      │                     │
//	            └─ unknown, wrong arity: Refusal       └─ MOVED, …           ├─ Context.Apply ───► Space, Server.Emit
//	                                                                         └─ Context.Propose ─► Server.Propose (replies later)
//
// A command reads the Space and writes it by effects only: it computes the result on the owner and applies that, so
// INCR becomes a Set and EXPIRE an absolute time. A key that is found past its time is deleted by an effect of its own,
// before the command's.
//
// Replies, error texts, flags and key specifications are those of Redis 7.2. The golden scripts in testdata were
// recorded from a Redis server and are replayed by go test. Where a reply is words for humans (HELP, summaries), the
// words are Ember's.
//
// All numbers are exact and equal on every architecture, those of INCRBYFLOAT included (extended.go). DUMP's payloads are
// those of Redis's RDB files (payload.go, lzf.go).
//
// Sources: the Redis command reference and, for what it leaves open, the behaviour of Redis 7.0.15 and 7.2.
package command
