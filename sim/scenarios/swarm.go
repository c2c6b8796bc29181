package scenarios

import "time"

var swarm = clusterScenario("swarm", "draws its own mix of everything from the seed",
	defaults{nodes: 6, clients: 8, duration: 60 * time.Second},
	func(s *story) {})
