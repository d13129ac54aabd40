// Package job runs the server's periodic background work on River, so that of
// many server processes one does it.
//
// River sends NOTIFY inside the inserting transaction even when its clients
// poll (v0.51), and NOTIFY takes a lock over all databases at commit. So nothing
// here is ever enqueued inside a business transaction: work that a request
// causes is written as a row of its own table in that transaction, and a
// periodic job picks the rows up.
package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"nexusai/backend/fault"
	"nexusai/server/store"
)

const (
	attempts   = 3                // of one run; the next period starts afresh
	stopWithin = 10 * time.Second // for running jobs to finish
	fewest     = time.Second      // the shortest period
)

// Periodic is work that some process of the server does every so often.
type Periodic struct {
	Name    string                          // unique and stable: it is stored, e.g. "partitions.maintain"
	Every   time.Duration                   // at least one second
	Limit   time.Duration                   // of one run; default one minute
	OnStart bool                            // also whenever a process becomes the leader
	Run     func(ctx context.Context) error // must bear being run twice
}

// Config says what to run.
type Config struct {
	DB       *store.DB     // required
	Log      *slog.Logger  // required
	Periodic []Periodic    // at least one
	Workers  int           // jobs at a time in this process; default 4
	Poll     time.Duration // how often due jobs are looked for; default 2s
}

// Runner works on jobs in this process.
type Runner struct {
	log    *slog.Logger
	client *river.Client[pgx.Tx]
}

// New checks the jobs and prepares the client; it does no I/O.
func New(cfg Config) (*Runner, error) {
	if cfg.DB == nil || cfg.Log == nil {
		return nil, errors.New("job.Config needs DB and Log")
	}
	if cfg.Workers == 0 {
		cfg.Workers = 4
	}
	if cfg.Poll == 0 {
		cfg.Poll = 2 * time.Second
	}
	byName, err := index(cfg.Periodic)
	if err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{jobs: byName}); err != nil {
		return nil, fmt.Errorf("register the worker: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(cfg.DB.Pool()), &river.Config{
		Schema:            store.RiverSchema,
		Logger:            slog.New(quieter{cfg.Log.Handler()}),
		Workers:           workers,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: cfg.Workers}},
		PeriodicJobs:      schedule(cfg.Periodic),
		FetchPollInterval: cfg.Poll,
		PollOnly:          true, // saves a connection per process, and works behind PgBouncer
		ErrorHandler:      &reporter{log: cfg.Log},
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the job queue: %w", err)
	}
	return &Runner{log: cfg.Log, client: client}, nil
}

func index(all []Periodic) (map[string]Periodic, error) {
	if len(all) == 0 {
		return nil, errors.New("job.Config needs at least one periodic job")
	}
	byName := map[string]Periodic{}
	for _, p := range all {
		if p.Name == "" || p.Run == nil || p.Every < fewest {
			return nil, fmt.Errorf("job %q needs a name, a function and a period of a second or more", p.Name)
		}
		if _, twice := byName[p.Name]; twice {
			return nil, fmt.Errorf("two jobs are called %q", p.Name)
		}
		byName[p.Name] = p
	}
	return byName, nil
}

func schedule(all []Periodic) []*river.PeriodicJob {
	jobs := make([]*river.PeriodicJob, 0, len(all))
	for _, p := range all {
		jobs = append(jobs, river.NewPeriodicJob(river.PeriodicInterval(p.Every),
			func() (river.JobArgs, *river.InsertOpts) { return args{Name: p.Name}, nil },
			&river.PeriodicJobOpts{ID: p.Name, RunOnStart: p.OnStart}))
	}
	return jobs
}

// Run works until ctx ends, then lets running jobs finish for ten seconds
// before their contexts end too. It returns an error only if it cannot begin.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil { // Stop below ends it in order
		return fmt.Errorf("start the job queue: %w", err)
	}
	<-ctx.Done()
	soft, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := r.client.Stop(soft); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := r.client.StopAndCancel(hard); err != nil {
		return fmt.Errorf("stop the job queue: %w", err)
	}
	return nil
}

// args is the stored form of one run.
type args struct {
	Name string `json:"name"`
}

// Kind names the work in the queue's table.
func (args) Kind() string { return "periodic" }

// InsertOpts keeps one waiting or running run per job, however long it takes.
func (args) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: attempts,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}},
	}
}

type worker struct {
	river.WorkerDefaults[args]
	jobs map[string]Periodic
}

// Work runs the job that the row names.
func (w *worker) Work(ctx context.Context, j *river.Job[args]) error {
	p, ok := w.jobs[j.Args.Name]
	if !ok { // a newer or older server in the same database has it
		return river.JobCancel(fmt.Errorf("no job is called %q here", j.Args.Name))
	}
	return p.Run(ctx)
}

// NextRetry comes soon: the next period is a fresh start anyway.
func (w *worker) NextRetry(j *river.Job[args]) time.Time {
	return time.Now().Add(time.Duration(j.Attempt*j.Attempt) * time.Second)
}

// Timeout bounds one run.
func (w *worker) Timeout(j *river.Job[args]) time.Duration {
	if p := w.jobs[j.Args.Name]; p.Limit > 0 {
		return p.Limit
	}
	return time.Minute
}

// reporter logs what a job returned, once.
type reporter struct{ log *slog.Logger }

// HandleError logs; the queue decides about the next attempt.
func (r *reporter) HandleError(ctx context.Context, j *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	r.log.ErrorContext(ctx, "job failed", "job_id", j.ID, "job", string(j.EncodedArgs), "attempt", j.Attempt, "err", fault.Cause(err))
	return nil
}

// HandlePanic logs; a panic counts as a failed attempt.
func (r *reporter) HandlePanic(ctx context.Context, j *rivertype.JobRow, panicked any, trace string) *river.ErrorHandlerResult {
	r.log.ErrorContext(ctx, "job panicked", "job_id", j.ID, "job", string(j.EncodedArgs), "attempt", j.Attempt, "err", fmt.Sprint(panicked), "stack", trace)
	return nil
}
