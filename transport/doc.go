// Package transport is the port through which the nodes of a cluster talk: datagrams, which may be lost,
// duplicated and reordered, and streams, which deliver bytes in order or break.
//
// Two packages implement it: transport/udp with real UDP datagrams and TCP streams, transport/netsim inside the
// simulator. transport/transporttest is the contract that both pass.
//
//	          OpenStream                                    CloseStream, peer closed, reset,
//	(none) ───────────────► opening ──── StreamOpened ───► open ──── refused, too slow ──► StreamClosed
//	   │                       │                            ▲
//	   │                       └─ refused, timeout ─────────┼──────────────────────────► StreamClosed
//	   └──────────── StreamOpened(inbound) ─────────────────┘
package transport
