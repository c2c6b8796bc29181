package command

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/ember-cluster/ember/core/keyspace"
	"github.com/ember-cluster/ember/core/session"
)

// Settings are the parameters of the server that CONFIG SET can change. The others are fixed by who starts the server.
type Settings struct {
	// RequirePass is the password of the only user; empty if none is asked for (requirepass).
	RequirePass string
	// FullCoverage, ReadsWhenDown and ShardChannelsWhenDown say what is served while slots are not (cluster-require-full-coverage,
	// cluster-allow-reads-when-down, cluster-allow-pubsubshard-when-down).
	FullCoverage, ReadsWhenDown, ShardChannelsWhenDown bool
	// MaxMemory bounds what the server may use before keys make room or writes are refused, in bytes; 0: no bound (maxmemory).
	// Eviction says which keys make room, EvictionTenacity how much of it one command waits for, 0 to 100 (maxmemory-policy,
	// maxmemory-samples, lfu-log-factor, lfu-decay-time, maxmemory-eviction-tenacity).
	MaxMemory        int64
	Eviction         keyspace.Eviction
	EvictionTenacity int64
	// SlowlogSlowerThan is the least duration that the slow log shows, in microseconds; negative: none is shown. SlowlogMaxLength
	// bounds its entries (slowlog-log-slower-than, slowlog-max-len).
	SlowlogSlowerThan, SlowlogMaxLength int64
	// LatencyThreshold is the least duration that LATENCY takes notice of, in milliseconds; 0: none (latency-monitor-threshold).
	LatencyThreshold int64
	// MaxBulk bounds one argument, in bytes, on connections that are made later (proto-max-bulk-len).
	MaxBulk int64
	// QueryBuffer bounds what one client makes the server hold, in bytes (client-query-buffer-limit).
	QueryBuffer int64
	// TrackedKeys bounds the keys that clients have in their caches, 0 for no bound (tracking-table-max-keys).
	TrackedKeys int64
}

// DefaultSettings returns Redis's defaults.
func DefaultSettings() Settings {
	return Settings{
		FullCoverage: true, ShardChannelsWhenDown: true,
		Eviction: keyspace.Eviction{Samples: 5, LogFactor: 10, DecayMinutes: 1}, EvictionTenacity: 10,
		SlowlogSlowerThan: 10_000, SlowlogMaxLength: 128,
		MaxBulk: keyspace.MaxStringLength, QueryBuffer: 1 << 30, TrackedKeys: session.DefaultTrackedKeys,
	}
}

// setting is one parameter: its name, how it is shown, and how a text is taken for it.
type setting struct {
	name string
	show func(*Settings) string
	set  func(*Settings, string) error
}

// settings are sorted by name.
var settings = []setting{
	yesNo("cluster-allow-pubsubshard-when-down", func(s *Settings) *bool { return &s.ShardChannelsWhenDown }),
	yesNo("cluster-allow-reads-when-down", func(s *Settings) *bool { return &s.ReadsWhenDown }),
	yesNo("cluster-require-full-coverage", func(s *Settings) *bool { return &s.FullCoverage }),
	memorySize("client-query-buffer-limit", 1<<20, func(s *Settings) *int64 { return &s.QueryBuffer }),
	number("latency-monitor-threshold", 0, func(s *Settings) *int64 { return &s.LatencyThreshold }),
	between("lfu-decay-time", 0, math.MaxInt32, func(s *Settings) *int64 { return &s.Eviction.DecayMinutes }),
	between("lfu-log-factor", 0, math.MaxInt32, func(s *Settings) *int64 { return &s.Eviction.LogFactor }),
	memorySize("maxmemory", 0, func(s *Settings) *int64 { return &s.MaxMemory }),
	between("maxmemory-eviction-tenacity", 0, 100, func(s *Settings) *int64 { return &s.EvictionTenacity }),
	evictionPolicy,
	between("maxmemory-samples", 1, maxSamples, func(s *Settings) *int64 { return &s.Eviction.Samples }),
	memorySize("proto-max-bulk-len", 1<<20, func(s *Settings) *int64 { return &s.MaxBulk }),
	{
		name: "requirepass",
		show: func(s *Settings) string { return s.RequirePass },
		set:  func(s *Settings, value string) error { s.RequirePass = value; return nil },
	},
	number("slowlog-log-slower-than", -1, func(s *Settings) *int64 { return &s.SlowlogSlowerThan }),
	number("slowlog-max-len", 0, func(s *Settings) *int64 { return &s.SlowlogMaxLength }),
	number("tracking-table-max-keys", 0, func(s *Settings) *int64 { return &s.TrackedKeys }),
}

func findSetting(name []byte) *setting {
	for i := range settings {
		if isWord(name, settings[i].name) {
			return &settings[i]
		}
	}
	return nil
}

// Parameters returns the settings as CONFIG GET shows them, sorted by name.
func (s *Settings) Parameters() []Parameter {
	parameters := make([]Parameter, len(settings))
	for i := range settings {
		parameters[i] = Parameter{Name: settings[i].name, Value: settings[i].show(s)}
	}
	return parameters
}

func yesNo(name string, field func(*Settings) *bool) setting {
	return setting{
		name: name,
		show: func(s *Settings) string {
			if *field(s) {
				return "yes"
			}
			return "no"
		},
		set: func(s *Settings, value string) error {
			switch {
			case isWord([]byte(value), "yes"):
				*field(s) = true
			case isWord([]byte(value), "no"):
				*field(s) = false
			default:
				return errors.New("argument must be 'yes' or 'no'")
			}
			return nil
		},
	}
}

// maxSamples bounds the work for a key that is evicted.
const maxSamples = 64

func number(name string, least int64, field func(*Settings) *int64) setting {
	return between(name, least, math.MaxInt64, field)
}

func between(name string, least, most int64, field func(*Settings) *int64) setting {
	return numeric(name, least, most, field, func(value string) (int64, error) {
		parsed, ok := keyspace.ParseInteger([]byte(value))
		if !ok {
			return 0, errors.New("argument couldn't be parsed into an integer")
		}
		return parsed, nil
	})
}

func memorySize(name string, least int64, field func(*Settings) *int64) setting {
	return numeric(name, least, math.MaxInt64, field, parseMemory)
}

func numeric(name string, least, most int64, field func(*Settings) *int64, parse func(string) (int64, error)) setting {
	return setting{
		name: name,
		show: func(s *Settings) string { return strconv.FormatInt(*field(s), 10) },
		set: func(s *Settings, value string) error {
			parsed, err := parse(value)
			if err != nil {
				return err
			}
			if parsed < least || parsed > most {
				return fmt.Errorf("argument must be between %d and %d inclusive", least, most)
			}
			*field(s) = parsed
			return nil
		},
	}
}

// memoryUnits are the units that may stand behind a size.
var memoryUnits = []struct {
	name  string
	bytes int64
}{
	{"", 1}, {"b", 1}, {"k", 1000}, {"kb", 1 << 10}, {"m", 1_000_000}, {"mb", 1 << 20}, {"g", 1_000_000_000}, {"gb", 1 << 30},
}

// parseMemory reads a size such as "64mb".
func parseMemory(value string) (int64, error) {
	digits := 0
	for digits < len(value) && value[digits] >= '0' && value[digits] <= '9' {
		digits++
	}
	amount, err := strconv.ParseInt("0"+value[:digits], 10, 64) // no digits are none
	if err == nil {
		for _, unit := range memoryUnits {
			if isWord([]byte(value[digits:]), unit.name) && amount <= math.MaxInt64/unit.bytes {
				return amount * unit.bytes, nil
			}
		}
	}
	return 0, errors.New("argument must be a memory value")
}
