// Package udp is transport.Bus over real sockets: UDP datagrams, and TCP streams at the same port number.
//
//	             caller                                        Receiver, one call at a time
//	                │                                                    ▲
//	  SendDatagram  │  SendStream, CloseStream          Datagram         │   Stream…
//	                ▼                                                    │
//	┌─ bounded queue ─┐  ┌─ bounded queue ─┐           ┌──────────┐  ┌───┴──────┐
//	│ datagram writer │  │ stream's writer │           │ datagram │  │ stream's │  accept
//	└────────┬────────┘  └────────┬────────┘           │ reader   │  │ reader   │  loop
//	         ▼                    ▼                    └────▲─────┘  └────▲─────┘
//	       UDP socket           TCP connection              │             │
//
// No call of the bus waits for the network: what cannot be sent at once is queued, and what the queue has no room for is
// dropped (a datagram) or ends its stream, so that a slow peer costs a bounded amount of memory. A stream's
// reader also dials, decides how the stream ended, and makes the last call of its Receiver.
//
// To close in order is to send what is queued, then FIN, and to read until the peer's FIN: a socket that is closed with
// unread bytes sends a reset, which can overtake what was sent before.
package udp
