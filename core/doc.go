// Package core is an Ember node as a pure step function: events in, effects out.
//
// A Node has no goroutine, lock, clock, socket, file or global randomness. A driver owns it, feeds it one event
// at a time and carries out the effects that come back, in their order:
//
//	   in                         driver                    core                     driver            out
//	client bytes, a batch ┐                      ┌─────────────────────────┐                      ┌ replies
//	bus datagrams         │   the simulator's    │  Node.Step(at, event)   │                      │ datagrams
//	bus streams           ├─► host, or  ────────►│    command → keyspace   │──► []Effect ────────►├ stream bytes
//	log records durable   │   embernode's loop   │    gossip → health      │    in order          │ log records
//	deadline reached      ┘                      │    topology → redirects │                      └ next deadline
//	                                             └─────────────────────────┘
//
// The same sequence of events gives the same sequence of effects, on every machine: a simulation of many nodes is a
// function of its seed.
//
// # The step contract
//
//   - A driver reads the clock after it has read the input, and passes it with the event. An older reading would make
//     every comparison with a lease unsafe.
//   - Step is total. Hostile bytes give a counted, typed error and leave the state untouched. An impossible state panics.
//   - Step never blocks. What must wait (a log record becoming durable, a configuration change being decided) is parked
//     in the node and answered by a later Step.
//   - Effects and the bytes that they lend are valid until the next Step.
//   - A driver calls Step with DeadlineReached no earlier than NextDeadline; late is always safe.
//
// # Reading order
//
// event.go and effect.go are the border. node.go composes the protocols. Each node_*.go binds one concern to it:
// node_client.go (bytes to commands, replies to bytes), node_execute.go (routing and running one command),
// node_transaction.go (MULTI and EXEC), node_sessions.go (what clients are told beside their replies), node_pause.go,
// node_bus.go (datagrams and streams between nodes), node_publish.go (messages for the clients of other nodes), node_expiry.go
// (active expiry), node_server.go, node_settings.go and node_info.go (what commands may ask of the node).
//
// The configuration has several: node_log.go (what the node keeps on disk), node_consensus.go (deciding, by package consensus),
// node_proposals.go and node_change.go (asking for changes, for the node and for clients), node_dissemination.go (learning what was
// decided), node_configuration.go (putting it into force), node_identity.go (what the configuration says of the node itself),
// node_voters.go (who decides), node_join.go (the way into another cluster).
package core
