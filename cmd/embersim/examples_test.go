package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// process is one of many: the environment that its scheduler gives it, and the command line.
type process struct {
	environment map[string]string
	command     []string
}

// readExample parses a file of examples/sweep.
func readExample(t *testing.T, name string, into any) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../examples/sweep", name))
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := yaml.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return string(text)
}

// kubernetesStarts are the pods that Kubernetes makes of the example: an indexed job's number is all that it adds.
func kubernetesStarts(t *testing.T) (starts []process) {
	var job struct {
		Spec struct {
			CompletionMode string `yaml:"completionMode"`
			Completions    int    `yaml:"completions"`
			Template       struct {
				Spec struct {
					Containers []struct {
						Command []string `yaml:"command"`
						Env     []struct{ Name, Value string }
					} `yaml:"containers"`
				} `yaml:"spec"`
			} `yaml:"template"`
		} `yaml:"spec"`
	}
	readExample(t, "kubernetes.yaml", &job)
	if job.Spec.CompletionMode != "Indexed" {
		t.Fatalf("completion mode %q gives pods no index", job.Spec.CompletionMode)
	}
	container := job.Spec.Template.Spec.Containers[0]
	for index := range job.Spec.Completions {
		environment := map[string]string{"JOB_COMPLETION_INDEX": strconv.Itoa(index)}
		for _, variable := range container.Env {
			environment[variable.Name] = variable.Value
		}
		starts = append(starts, process{environment, container.Command})
	}
	return starts
}

var slurmArray = regexp.MustCompile(`(?m)^#SBATCH --array=(\d+)-(\d+)$`)

// slurmStarts are the tasks that sbatch makes of the example.
func slurmStarts(t *testing.T) (starts []process) {
	script := readExample(t, "slurm.sbatch", nil)
	array := slurmArray.FindStringSubmatch(script)
	if array == nil {
		t.Fatal("the script is no array")
	}
	first, _ := strconv.Atoi(array[1])
	last, _ := strconv.Atoi(array[2])
	_, command, _ := strings.Cut(script, "\nexec ")
	for id := first; id <= last; id++ {
		starts = append(starts, process{map[string]string{
			"SLURM_ARRAY_TASK_ID": strconv.Itoa(id), "SLURM_ARRAY_TASK_MIN": array[1], "SLURM_ARRAY_TASK_MAX": array[2],
			"SLURM_ARRAY_TASK_COUNT": strconv.Itoa(last - first + 1), "SLURM_ARRAY_TASK_STEP": "1",
		}, strings.Fields(command)})
	}
	return starts
}

// githubStarts are the jobs that GitHub makes of the example's matrix.
func githubStarts(t *testing.T) (starts []process) {
	var workflow struct {
		Jobs map[string]struct {
			Strategy struct{ Matrix struct{ Shard []int } }
			Env      map[string]string
			Steps    []struct{ Run string }
		}
	}
	readExample(t, "github.yaml", &workflow)
	job := workflow.Jobs["sweep"]
	for _, shard := range job.Strategy.Matrix.Shard {
		environment := map[string]string{}
		for name, value := range job.Env {
			environment[name] = strings.ReplaceAll(value, "${{ matrix.shard }}", strconv.Itoa(shard))
		}
		for _, step := range job.Steps {
			if strings.HasPrefix(step.Run, "embersim ") {
				starts = append(starts, process{environment, strings.Fields(step.Run)})
			}
		}
	}
	return starts
}

// gitlabStarts are the jobs that GitLab makes of the example.
func gitlabStarts(t *testing.T) (starts []process) {
	var pipeline map[string]struct {
		Parallel int
		Script   []string
	}
	readExample(t, "gitlab.yaml", &pipeline)
	job := pipeline["sweep"]
	for index := 1; index <= job.Parallel; index++ {
		starts = append(starts, process{map[string]string{
			"CI_NODE_INDEX": strconv.Itoa(index), "CI_NODE_TOTAL": strconv.Itoa(job.Parallel),
		}, strings.Fields(job.Script[0])})
	}
	return starts
}

// arguments returns what the command line gives to embersim, for a few seeds and a short while.
func (p process) arguments(t *testing.T, seeds string) []string {
	t.Helper()
	line := strings.Join(p.command, " ")
	line, _, _ = strings.Cut(line, " > ") // the shell's
	_, arguments, found := strings.Cut(line, "embersim ")
	ranged := regexp.MustCompile(`--seeds \S+`)
	if !found || !ranged.MatchString(arguments) {
		t.Fatalf("%q does not sweep a range of seeds", line)
	}
	return strings.Fields(ranged.ReplaceAllString(arguments, "--seeds "+seeds) + " --duration 500ms")
}

// Each example is started as its scheduler would, every process of it; together they run each seed once.
func TestEveryExampleOfASweepCoversItsSeeds(t *testing.T) {
	for name, starts := range map[string][]process{
		"kubernetes": kubernetesStarts(t), "slurm": slurmStarts(t), "github": githubStarts(t), "gitlab": gitlabStarts(t),
	} {
		t.Run(name, func(t *testing.T) {
			if len(starts) < 2 {
				t.Fatalf("%d processes share nothing", len(starts))
			}
			directory, report := t.TempDir(), []string{"report"}
			seeds := len(starts) + 3
			for i, s := range starts {
				for variable, value := range s.environment {
					t.Setenv(variable, value)
				}
				code, out, errors := execute(s.arguments(t, fmt.Sprintf("1..%d", seeds))...)
				if code != exitOK || !strings.Contains(errors, fmt.Sprintf("this is shard %d/%d of a ", i+1, len(starts))) {
					t.Fatalf("process %d: exit %d, %s", i, code, errors)
				}
				file := filepath.Join(directory, strconv.Itoa(i))
				if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
					t.Fatal(err)
				}
				report = append(report, file)
			}
			code, out, errors := execute(report...)
			if code != exitOK || !strings.HasPrefix(out, fmt.Sprintf("swarm: %d runs: %d ok; ", seeds, seeds)) {
				t.Errorf("report: exit %d, %s%s", code, out, errors)
			}
			if code, out, _ := execute(report[:len(report)-1]...); code != exitUnknown || !strings.Contains(out, "FAILED, ") {
				t.Errorf("report of all but one: exit %d, %s", code, out)
			}
		})
	}
}
