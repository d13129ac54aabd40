import { Bar, Skeleton } from "@/ui";

/** The shape of the page: figures, four charts. */
export function DashboardSkeleton() {
  return (
    <Skeleton>
      <div className="grid grid-cols-2 gap-px overflow-hidden rounded-lg bg-line hairline sm:grid-cols-4 lg:grid-cols-8">
        {Array.from({ length: 8 }, (_, index) => (
          <div key={index} className="flex flex-col gap-2 bg-bg px-4 py-4">
            <Bar width={64} />
            <Bar width={48} className="h-5" />
          </div>
        ))}
      </div>
      <div className="mt-8 grid gap-8 md:grid-cols-2">
        {Array.from({ length: 4 }, (_, index) => (
          <Bar key={index} className="h-48" />
        ))}
      </div>
    </Skeleton>
  );
}
