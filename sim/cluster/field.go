package cluster

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ember-cluster/ember/sim"
)

// field is one value of a configuration, as a script has it.
type field struct {
	key  string
	text func() string
	set  func(text string) error
}

// group is a setting of a script, in terms of the configuration's fields.
type group struct {
	name   string
	fields []field
}

// setting writes the group down.
func (g group) setting() sim.Setting {
	s := sim.Setting{Name: g.name}
	for _, f := range g.fields {
		s.Values = append(s.Values, sim.Value{Key: f.key, Text: f.text()})
	}
	return s
}

// load takes values over into the configuration.
func (g group) load(s sim.Setting) error {
	for _, value := range s.Values {
		at := slices.IndexFunc(g.fields, func(f field) bool { return f.key == value.Key })
		if at < 0 {
			return fmt.Errorf("cluster: %s has no value %q", g.name, value.Key)
		}
		if err := g.fields[at].set(value.Text); err != nil {
			return fmt.Errorf("cluster: %s of %s: %w", value.Key, g.name, err)
		}
	}
	return nil
}

func duration(key string, value *time.Duration) field {
	return field{key, func() string { return value.String() }, func(text string) (err error) {
		*value, err = time.ParseDuration(text)
		return err
	}}
}

func integer[T int | int64](key string, value *T) field {
	return field{key, func() string { return strconv.FormatInt(int64(*value), 10) }, func(text string) error {
		number, err := strconv.ParseInt(text, 10, 64)
		*value = T(number)
		if err == nil && int64(*value) != number {
			err = strconv.ErrRange
		}
		return err
	}}
}

func flag(key string, value *bool) field {
	return field{key, func() string { return strconv.FormatBool(*value) }, func(text string) (err error) {
		*value, err = strconv.ParseBool(text)
		return err
	}}
}

func choice[T ~string](key string, value *T, all []T) field {
	return field{key, func() string { return string(*value) }, func(text string) error {
		*value = T(text)
		if !slices.Contains(all, *value) {
			return fmt.Errorf("%q is none of %q", text, all)
		}
		return nil
	}}
}
