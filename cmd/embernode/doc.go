// Command embernode is a node of an Ember cluster in production: sockets, a disk and a clock around core.Node.
//
//	embernode ember.conf --port 7000 --dir /var/lib/ember
//	embernode dev --nodes 3                                  a whole cluster on this host
//	embernode recover /var/lib/ember                         when the voters are lost for good
//
// The optional file is written as Redis's configuration file is, and every parameter in it is a flag too; the flag wins.
//
// # The loop
//
// One goroutine, the loop, owns the node. Everything else gathers what has happened and hands it over:
//
//	clients by TLS ────► tlsGate ─┐
//	                              ▼
//	clients' sockets ──► clientDriver ─┐                       ┌─► one write per client and round
//	other nodes ───────► bus ──► mailbox ─► loop ─► node.Step ─┼─► datagrams, streams
//	disk ──────────────► journal ► mailbox ─┘    ◄── effects ──┴─► log records, made durable by the journal
//
// A round is one wake-up: the loop takes all that has arrived since it last looked, and gives the bytes of all clients to the
// node as one batch. So under load rounds get larger instead of more frequent, and what a round costs (waking up, reading
// the clock, the memory latency that the node hides by working in windows) is shared by more commands.
// No input waits for a fixed time in order to be batched: an idle loop takes the first command at once.
//
// The clock is read for each step, after the input of the step was taken. Nothing in the loop waits for a disk, a client
// or a peer: the journal syncs in a goroutine of its own, a client that does not read gets one for what its socket does
// not take, and the bus never blocks.
//
// If the log fails, the node is told so, refuses what needs the log, and serves on.
//
// # The bus
//
// There is a port for other nodes on every address that the node is bound to, UDP and TCP. With a cluster-secret each is wrapped by
// package transport/seal, and the node is told how much less a datagram carries. INFO's section stats has what the ports have refused or
// not sent (cluster_bus_…), and the log is told of refusals now and then.
//
// How a node comes into a cluster (cluster-init, seed-peers by name) is settled beside the loop, by a client inside of the process that
// gives the commands that an administrator would give.
//
// # Bounds
//
// What others can make the process hold is bounded: the input of a client by one read ahead of the node and then by the
// node's own limits, its output by throttling its input and in the end, by client-output-buffer-limit, by closing it, the
// connections by maxclients, the bus's messages by the mailbox. No client has more than its share of a round.
//
// # Settings
//
// Those that CONFIG SET can change are package command's, which reads their values wherever they come from; reconfigure puts
// them into force. CONFIG REWRITE writes all settings to the file that the node was started with.
package main
