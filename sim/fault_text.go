package sim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// String returns the fault as one line, which ParseFault takes back:
//
//	1.5s partition hosts=n1,n2 peers=n3 for=10s
//	2s loss hosts=n1 amount=50000ppm for=3s
//	4s crash hosts=n2
func (f Fault) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "%v %v hosts=%s", f.At, f.Kind, strings.Join(f.Hosts, ","))
	if len(f.Peers) > 0 {
		fmt.Fprintf(&line, " peers=%s", strings.Join(f.Peers, ","))
	}
	if f.Amount != 0 || f.unit() != unitNone {
		fmt.Fprintf(&line, " amount=%s", f.amount())
	}
	if f.For != 0 {
		fmt.Fprintf(&line, " for=%v", f.For)
	}
	return line.String()
}

func (f Fault) unit() amountUnit {
	if int(f.Kind) >= faultKinds {
		return unitNone
	}
	return faultTraits[f.Kind].unit
}

// unitSuffixes are the units that are written behind a number. Durations are written as Go does.
var unitSuffixes = [...]string{unitNone: "", unitRate: "ppm", unitDrift: "ppm", unitSpeed: "B/s", unitTimes: "x", unitRelease: ""}

func (f Fault) amount() string {
	switch unit := f.unit(); unit {
	case unitDuration, unitJump:
		return time.Duration(f.Amount).String()
	default:
		return strconv.FormatInt(f.Amount, 10) + unitSuffixes[unit]
	}
}

func (f *Fault) parseAmount(text string) error {
	switch unit := f.unit(); unit {
	case unitDuration, unitJump:
		amount, err := time.ParseDuration(text)
		f.Amount = int64(amount)
		return err
	default:
		number, ok := strings.CutSuffix(text, unitSuffixes[unit])
		if !ok {
			return fmt.Errorf("the unit must be %s", unitSuffixes[unit])
		}
		amount, err := strconv.ParseInt(number, 10, 64)
		f.Amount = amount
		return err
	}
}

// ParseFault takes a line that String has written, or one like it with its parts after the kind in another order.
func ParseFault(line string) (Fault, error) {
	f, err := parseFault(strings.Fields(line))
	if err == nil {
		err = f.Check()
	}
	if err != nil {
		return Fault{}, fmt.Errorf("sim: fault %q: %w", line, err)
	}
	return f, nil
}

func parseFault(words []string) (Fault, error) {
	if len(words) < 2 {
		return Fault{}, fmt.Errorf("a time and a kind must come first")
	}
	at, err := time.ParseDuration(words[0])
	if err != nil {
		return Fault{}, err
	}
	kind, err := ParseFaultKind(words[1])
	if err != nil {
		return Fault{}, err
	}
	f := Fault{At: at, Kind: kind}
	seen := ""
	for _, word := range words[2:] {
		key, value, ok := strings.Cut(word, "=")
		if !ok || strings.Contains(seen, "|"+key+"|") {
			return Fault{}, fmt.Errorf("%q is not expected", word)
		}
		seen += "|" + key + "|"
		if err := f.set(key, value); err != nil {
			return Fault{}, fmt.Errorf("%s: %w", key, err)
		}
	}
	return f, nil
}

func (f *Fault) set(key, value string) (err error) {
	switch key {
	case "hosts":
		f.Hosts = strings.Split(value, ",")
	case "peers":
		f.Peers = strings.Split(value, ",")
	case "amount":
		err = f.parseAmount(value)
	case "for":
		f.For, err = time.ParseDuration(value)
	default:
		err = fmt.Errorf("no such part")
	}
	return err
}

// faultJSON is the JSON form of a fault; times and amounts are written as in the line.
type faultJSON struct {
	At     string   `json:"at"`
	Kind   string   `json:"kind"`
	Hosts  []string `json:"hosts"`
	Peers  []string `json:"peers,omitempty"`
	Amount string   `json:"amount,omitempty"`
	For    string   `json:"for,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (f Fault) MarshalJSON() ([]byte, error) {
	form := faultJSON{At: f.At.String(), Kind: f.Kind.String(), Hosts: f.Hosts, Peers: f.Peers}
	if f.unit() != unitNone {
		form.Amount = f.amount()
	}
	if f.For != 0 {
		form.For = f.For.String()
	}
	return json.Marshal(form)
}

// UnmarshalJSON implements json.Unmarshaler. It refuses what Check refuses.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var form faultJSON
	if err := json.Unmarshal(data, &form); err != nil {
		return err
	}
	parsed, err := form.fault()
	if err == nil {
		err = parsed.Check()
	}
	if err != nil {
		return fmt.Errorf("sim: fault %s: %w", data, err)
	}
	*f = parsed
	return nil
}

func (form *faultJSON) fault() (f Fault, err error) {
	if f.Kind, err = ParseFaultKind(form.Kind); err != nil {
		return f, err
	}
	f.Hosts, f.Peers = form.Hosts, form.Peers
	if f.At, err = time.ParseDuration(form.At); err != nil {
		return f, err
	}
	if form.Amount != "" {
		if err = f.parseAmount(form.Amount); err != nil {
			return f, err
		}
	}
	if form.For != "" {
		f.For, err = time.ParseDuration(form.For)
	}
	return f, err
}
