package command

import (
	"errors"
	"strings"

	"github.com/ember-cluster/ember/core/keyspace"
)

// evictionPolicies are the words of maxmemory-policy, in the order in which an error lists them.
var evictionPolicies = []struct {
	name   string
	policy keyspace.EvictionPolicy
}{
	{"volatile-lru", keyspace.VolatileLRU},
	{"volatile-lfu", keyspace.VolatileLFU},
	{"volatile-random", keyspace.VolatileRandom},
	{"volatile-ttl", keyspace.VolatileTTL},
	{"allkeys-lru", keyspace.AllKeysLRU},
	{"allkeys-lfu", keyspace.AllKeysLFU},
	{"allkeys-random", keyspace.AllKeysRandom},
	{"noeviction", keyspace.NoEviction},
}

var evictionPolicy = setting{
	name: "maxmemory-policy",
	show: func(s *Settings) string { return s.PolicyName() },
	set: func(s *Settings, value string) error {
		names := make([]string, len(evictionPolicies))
		for i, known := range evictionPolicies {
			if isWord([]byte(value), known.name) {
				s.Eviction.Policy = known.policy
				return nil
			}
			names[i] = known.name
		}
		return errors.New("argument(s) must be one of the following: " + strings.Join(names, ", "))
	},
}

// PolicyName returns the word for the eviction policy.
func (s *Settings) PolicyName() string {
	for _, known := range evictionPolicies {
		if known.policy == s.Eviction.Policy {
			return known.name
		}
	}
	panic("command: an eviction policy without a name")
}
