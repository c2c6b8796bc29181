// Package redirect holds the errors by which a node of a Redis cluster says that a request belongs elsewhere, or
// cannot be served now, and reads the two that name another node.
//
//	MOVED 3999 127.0.0.1:6381    the slot lives there from now on: update the map, repeat the request there
//	ASK 3999 127.0.0.1:6381      the slot is on its way there: repeat this one request there, behind ASKING
//	TRYAGAIN …                   the slot is on its way and the keys of this request are on both sides
//	CROSSSLOT …                  the request's keys are in several slots: no node can serve it
//	CLUSTERDOWN …                nobody serves the slot at present
//
// Each Error method returns the line of a RESP error without the leading '-' and the CRLF.
//
// An empty endpoint (":6381") means the host that the client is talking to; an IPv6 address stands bare, so the last
// colon is what separates the port.
//
// Source: the Redis cluster specification, "MOVED Redirection" and "ASK redirection"; the texts are those of Redis 7.2.
package redirect
