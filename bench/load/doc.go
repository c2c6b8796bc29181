// Package load puts load on a server and measures what comes of it. Two programs do so. Benchmark is redis-benchmark: the
// established one, the same for all servers. Generator is for what that cannot do: commands on several keys of one slot, runs of
// a given time, and a load that does not wait for the server.
//
// redis-benchmark is a closed loop: a connection sends its next request when the last one has been answered. A server
// that stalls is asked less meanwhile, so the requests that would have suffered are never sent, and the percentiles look
// better than what users see ("coordinated omission": Gil Tene, "How NOT to Measure Latency", 2015; Schroeder et al., "Open
// Versus Closed: A Cautionary Tale", NSDI 2006). The generator's open loop draws beforehand when each request is due, as a
// Poisson process, and counts a latency from that instant, whether or not the request could be sent by then.
package load
