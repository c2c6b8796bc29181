//go:build !linux

package load

import (
	"context"
	"errors"
	"time"
)

func (g Generator) run(context.Context, int) ([]time.Duration, time.Duration, error) {
	return nil, 0, errors.New("the generator needs Linux")
}
