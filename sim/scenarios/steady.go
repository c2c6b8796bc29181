package scenarios

import (
	"time"

	"github.com/ember-cluster/ember/core/marks"
)

// steady is a cluster to which nothing happens: what is slow or wrong here is not a fault's doing.
var steady = clusterScenario("steady", "no faults: clients with wrong and empty slot caches find every key",
	defaults{nodes: 6, clients: 8, duration: 30 * time.Second},
	func(*story) {}).demanding(marks.CommandRefused)
