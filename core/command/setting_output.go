package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ember-cluster/ember/core/keyspace"
)

// OutputClass is a kind of client, of those that client-output-buffer-limit tells apart.
type OutputClass uint8

const (
	// NormalOutput are clients that are sent what they ask for, PubSubOutput those that are sent what others say.
	NormalOutput OutputClass = iota
	// ReplicaOutput are replicas. There are none among the clients of Ember, whose nodes use the bus.
	ReplicaOutput
	PubSubOutput

	outputClasses = iota
)

// outputClassNames are shown as Redis shows them, under its old name for replicas.
var outputClassNames = [outputClasses]string{NormalOutput: "normal", ReplicaOutput: "slave", PubSubOutput: "pubsub"}

// OutputLimit bounds what waits to be read by a client, in bytes; 0 is no bound. A client is closed when it passes Hard, or has
// been beyond Soft for SoftSeconds without a break.
type OutputLimit struct{ Hard, Soft, SoftSeconds int64 }

// OutputLimits has one for each class.
type OutputLimits [outputClasses]OutputLimit

// outputLimits takes groups of a class and its three numbers. Classes that are not named stay as they are.
func outputLimits(name string) setting {
	return setting{
		name: name,
		show: func(s *Settings) string {
			groups := make([]string, outputClasses)
			for class, limit := range s.OutputLimits {
				groups[class] = fmt.Sprintf("%s %d %d %d", outputClassNames[class], limit.Hard, limit.Soft, limit.SoftSeconds)
			}
			return strings.Join(groups, " ")
		},
		set: func(s *Settings, value string) error {
			words := strings.Fields(value)
			if len(words)%4 != 0 {
				return errors.New("Wrong number of arguments in buffer limit configuration.")
			}
			changed := s.OutputLimits
			for i := 0; i < len(words); i += 4 {
				class, err := parseOutputClass(words[i])
				if err != nil {
					return err
				}
				if changed[class], err = parseOutputLimit(words[i+1 : i+4]); err != nil {
					return err
				}
			}
			s.OutputLimits = changed
			return nil
		},
	}
}

func parseOutputClass(word string) (OutputClass, error) {
	for class, name := range outputClassNames {
		if isWord([]byte(word), name) {
			return OutputClass(class), nil
		}
	}
	if isWord([]byte(word), "replica") {
		return ReplicaOutput, nil
	}
	return 0, errors.New("Invalid client class specified in buffer limit configuration.")
}

func parseOutputLimit(words []string) (limit OutputLimit, err error) {
	hard, hardErr := parseMemory(words[0])
	soft, softErr := parseMemory(words[1])
	seconds, ok := keyspace.ParseInteger([]byte(words[2]))
	if hardErr != nil || softErr != nil || !ok || seconds < 0 {
		return limit, errors.New("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
	}
	return OutputLimit{Hard: hard, Soft: soft, SoftSeconds: seconds}, nil
}
