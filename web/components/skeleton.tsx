/** Grey shapes in place of what is still loading. Heights match, so that nothing jumps when it arrives. */
export function ChartSkeleton({ tall = false }: { readonly tall?: boolean }) {
  return <div class={tall ? 'skeleton chart-box tall' : 'skeleton chart-box'} />;
}

export function TableSkeleton({ rows }: { readonly rows: number }) {
  return (
    <div class="skeleton-rows">
      {Array.from({ length: rows }, (_, row) => (
        <div class="skeleton skeleton-row" key={row} />
      ))}
    </div>
  );
}

export function LadderSkeleton() {
  return (
    <div class="ladder">
      {['a', 'b', 'c', 'd', 'e'].map((key) => (
        <div class="rung" key={key}>
          <div class="skeleton skeleton-label" />
          <div class="skeleton skeleton-figure" />
          <div class="skeleton skeleton-label" />
        </div>
      ))}
    </div>
  );
}
