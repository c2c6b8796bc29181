// Package transport is the port through which the nodes of a cluster talk: datagrams, which may be lost,
// duplicated and reordered, and streams, which deliver bytes in order or break.
//
// Two packages implement it: transport/udp with real UDP datagrams and TCP streams, transport/netsim inside the
// simulator. transport/transporttest is the contract that both pass. The life of a stream, as its bus reports it:
//
//	OpenStream ───► opening ─── refused, timeout ──────────────────────┐
//	                   │                                               ▼
//	                   └── StreamOpened ──► open ─── closed, reset ─► StreamClosed
//	                                         ▲        or too slow
//	a peer's OpenStream ── StreamOpened ─────┘
//	                        (inbound)
package transport
