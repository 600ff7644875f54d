/** A picture for a workshop that has none: shapes drawn from its key, the same every time. */

const GROUNDS = ["#f3d9c6", "#d9e4dd", "#e3dcef", "#f4e3b8", "#d5e3ee", "#f0d3d6"];
const SHAPES = ["#b4532a", "#1f6b4a", "#5a4a94", "#a87408", "#2b5f86", "#9c3d4b"];

export function Cover({ id }: { id: string }) {
  let seed = 0;
  for (const letter of id.slice(-6)) seed = (seed * 33 + letter.charCodeAt(0)) >>> 0;
  const place = seed % GROUNDS.length;
  const shape = SHAPES[place] as string;
  const turn = (seed >> 3) % 4;
  const at = 40 + ((seed >> 5) % 5) * 30;
  return (
    <svg class="cover" viewBox="0 0 240 96" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      <rect width="240" height="96" fill={GROUNDS[place]} />
      <g fill={shape} transform={turn % 2 ? "translate(240 0) scale(-1 1)" : undefined}>
        <circle cx={at} cy="96" r="58" opacity=".18" />
        <circle cx={at + 44} cy="96" r="40" opacity=".3" />
        {turn < 2 ? <rect x={at + 70} y="18" width="26" height="78" rx="13" opacity=".85" /> : <circle cx={at + 84} cy="44" r="24" opacity=".85" />}
        <path d={`M0 ${70 + turn * 4} Q 60 ${48 + turn * 6} 120 74 T 240 66 V 96 H 0 Z`} opacity=".24" />
      </g>
    </svg>
  );
}
