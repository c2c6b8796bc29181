// Package resp speaks RESP2 and RESP3, the protocols between Redis and its clients, on bytes alone: no socket, no
// goroutine, no clock.
//
// Server side, Parser takes requests apart and Writer appends replies. Client side, AppendCommand writes requests and
// ValueParser reads replies.
//
// A request has one of two forms, told apart by its first byte:
//
//	*2 CR LF  $3 CR LF  GET CR LF  $3 CR LF  key CR LF      multibulk: a count, then lengths and bytes
//	GET key LF                                              inline: for people with telnet; quotes as in a shell
//
// Parser follows Redis to the byte, also where Redis is lax: the byte behind a CR and the two behind an argument are not
// looked at, a negative count is an empty command, a NUL hides the rest of a line. A client that Redis serves is served
// here, one that Redis refuses is refused with the same words.
//
//	         ┌── "*" ──► count line ──► n > 0 ──► length line ──► argument ──┐
//	start ───┤               │                        ▲                      │ n arguments?
//	  ▲      └── else ──► inline line                 └──────── no ──────────┤
//	  │                      │                                               │ yes
//	  └──── command ◄────────┴───────────────────────────────────────────────┘
//
// All of it is incremental, and what has been parsed is not looked at again: a value of 512 MB that arrives in pieces
// costs one pass over its header, not one per piece. Arguments alias the caller's buffer.
//
// Sources: the RESP3 specification (redis.io/docs/latest/develop/reference/protocol-spec); for limits, error texts and
// the laxness, the behaviour of Redis 7.
package resp
