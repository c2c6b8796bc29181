package command

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/ember-cluster/ember/core/keyspace"
)

// The kinds of settings, each of which reads a value as Redis does.

func text(name string, field func(*Settings) *string) setting {
	return setting{
		name: name,
		show: func(s *Settings) string { return *field(s) },
		set:  func(s *Settings, value string) error { *field(s) = value; return nil },
	}
}

// oneOf is a word of a list.
func oneOf(name string, words []string, field func(*Settings) *string) setting {
	return setting{
		name: name,
		show: func(s *Settings) string { return *field(s) },
		set: func(s *Settings, value string) error {
			for _, word := range words {
				if isWord([]byte(value), word) {
					*field(s) = word
					return nil
				}
			}
			return errors.New("argument(s) must be one of the following: " + strings.Join(words, ", "))
		},
	}
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
