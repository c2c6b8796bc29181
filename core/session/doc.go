// Package session is what a node remembers of its clients' connections: who they are, the channels to which they listen,
// the keys that they watch, and the keys that they keep in caches of their own.
//
// A Session is one connection. The Registry holds all of them and the tables between them:
//
//	               ┌── sessions        by id, in the order in which they came
//	               ├── subscriptions   channel, pattern, shard channel ⇄ sessions        SUBSCRIBE, PUBLISH
//	Registry ──────┼── watches         key ⇄ sessions                                    WATCH, EXEC
//	               ├── tracked keys    key ⇄ sessions, the oldest given up first         CLIENT TRACKING
//	               ├── prefixes        prefix ⇄ sessions                                 CLIENT TRACKING … BCAST
//	               └── monitors        sessions                                          MONITOR
//
// Every table knows both directions, so that a connection which ends leaves nothing behind (see Registry.Check), and each
// is walked in the order in which its entries came, so that equal histories have equal deliveries. What a session makes the
// node remember is counted in Session.Retained; the node bounds it.
//
// A node tells the registry of every change of a key, once it has been made, and of the beginning and end of each command.
// What sessions are to be told comes back through the Outbox.
//
// Sources: the Redis documentation of transactions (https://redis.io/docs/latest/develop/interact/transactions/), pub/sub
// (https://redis.io/docs/latest/develop/interact/pubsub/) and client-side caching
// (https://redis.io/docs/latest/develop/reference/client-side-caching/), and the behaviour of Redis 7.
package session
