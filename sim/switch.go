package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A FaultSwitch takes the decision on one kind of fault from the seed: whether it comes at all, and how often.
type FaultSwitch struct {
	Kind FaultKind
	Off  bool
	// Every is the mean time between two of its faults, of which a seed makes up to four times more or less. 0: the mix's own.
	Every time.Duration
}

// String returns the switch as text: "loss=off", "loss=on", "loss=2s".
func (s FaultSwitch) String() string {
	switch {
	case s.Off:
		return s.Kind.String() + "=off"
	case s.Every == 0:
		return s.Kind.String() + "=on"
	}
	return s.Kind.String() + "=" + s.Every.String()
}

// UnmarshalText takes what String has written.
func (s *FaultSwitch) UnmarshalText(text []byte) error {
	name, setting, _ := strings.Cut(string(text), "=")
	kind, err := ParseFaultKind(name)
	if err != nil {
		return err
	}
	parsed := FaultSwitch{Kind: kind}
	switch setting {
	case "off":
		parsed.Off = true
	case "on":
	default:
		if parsed.Every, err = time.ParseDuration(setting); err != nil || parsed.Every < time.Millisecond {
			return fmt.Errorf("sim: %q must be off, on or a mean time between faults of at least a millisecond", setting)
		}
	}
	*s = parsed
	return nil
}

// Switched returns the mix with some decisions taken. The error names a kind that the mix does not have.
func (m FaultMix) Switched(switches ...FaultSwitch) (FaultMix, error) {
	mix := slices.Clone(m)
	for _, s := range switches {
		at := slices.IndexFunc(mix, func(c FaultClass) bool { return c.Kind == s.Kind })
		switch {
		case s.Off:
			mix = mix.Without(s.Kind)
		case at < 0:
			return nil, fmt.Errorf("sim: there is no %v among the faults that come here", s.Kind)
		default:
			mix[at].On = million
			if s.Every > 0 {
				mix[at].Every = s.Every
			}
		}
	}
	return mix, nil
}
