"""Cues of the question signals in scripts without spaces between words, or with long endings: pieces of text, by idea.

The ideas are those of `lexicon`; the weights too. "_" stands for a space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_UNSPACED: Final[Mapping[str, Mapping[str, str]]] = {
    "prove": {
        "ar": "أثبت برهن اثبت برهان",
        "hi": "सिद्ध साबित प्रमाणित",
        "ja": "証明 示せ 示してください 反証",
        "ko": "증명 반증",
        "zh": "证明 證明 反驳 求证",
    },
    "derive": {
        "ar": "اشتق استنتج",
        "hi": "व्युत्पन्न",
        "ja": "導出 導け 帰納法",
        "ko": "유도하 유도해 귀납",
        "zh": "推导 推導 归纳法 导出",
    },
    "design": {
        "ar": "صمم تصميم بنية",
        "hi": "डिज़ाइन डिजाइन रूपरेखा",
        "ja": "設計 アーキテクチャ",
        "ko": "설계 아키텍처",
        "zh": "设计 設計 架构 架構",
    },
    "debug": {
        "ar": "تصحيح شخص",
        "hi": "डीबग निदान",
        "ja": "デバッグ 原因 競合状態",
        "ko": "디버그 디버깅 원인 경쟁_상태",
        "zh": "调试 調試 排查 根因 死锁 竞态",
    },
    "optimise": {
        "ar": "حسّن تحسين الأمثل",
        "hi": "अनुकूल इष्टतम",
        "ja": "最適 効率",
        "ko": "최적 효율",
        "zh": "优化 優化 最优 最小化 最大化",
    },
    "plan": {
        "ar": "خطة خطط استراتيجية",
        "hi": "योजना रणनीति",
        "ja": "計画 戦略 移行",
        "ko": "계획 전략",
        "zh": "规划 計劃 计划 策略 战略 迁移",
    },
    "analyse": {
        "ar": "حلل تحليل قيّم",
        "hi": "विश्लेषण मूल्यांकन",
        "ja": "分析 評価 考察",
        "ko": "분석 평가",
        "zh": "分析 评估 評估 审计",
    },
    "why": {"ar": "لماذا", "hi": "क्यों", "ja": "なぜ 理由", "ko": "왜 이유", "zh": "为什么 為什麼 为何 原因"},
    "compare": {
        "ar": "قارن مقارنة",
        "hi": "तुलना",
        "ja": "比較 違い",
        "ko": "비교 차이",
        "zh": "比较 比較 对比 區別 区别",
    },
    "implement": {
        "ar": "نفّذ نفذ برمج خوارزمية",
        "hi": "लागू_कर एल्गोरिद्म एल्गोरिथ्म",
        "ja": "実装 開発",
        "ko": "구현 개발",
        "zh": "实现 實現 开发 编写 算法",
    },
    "systems": {"ar": "موزع", "hi": "वितरित", "ja": "分散 並行", "ko": "분산 동시성", "zh": "分布式 并发 高可用"},
    "calculate": {
        "ar": "احسب أوجد",
        "hi": "गणना ज्ञात हल_कर",
        "ja": "計算 求め 解け",
        "ko": "계산 구하",
        "zh": "计算 計算 求 解方程 多少",
    },
    "explain": {
        "ar": "اشرح وضح",
        "hi": "समझा व्याख्या",
        "ja": "説明 解説",
        "ko": "설명",
        "zh": "解释 解釋 说明 介绍 阐述",
    },
    "condition": {
        "ar": "إذا بشرط",
        "hi": "यदि अगर",
        "ja": "場合 もし ただし",
        "ko": "만약 조건",
        "zh": "如果 假设 假設 若 除非 条件",
    },
    "sequence": {
        "ar": "ثم بعد",
        "hi": "फिर बाद",
        "ja": "次に その後 まず",
        "ko": "다음 그리고 먼저",
        "zh": "然后 然後 首先 最后 接着",
    },
    "creative": {
        "ar": "قصيدة قصة",
        "hi": "कविता कहानी",
        "ja": "詩 物語 小説 俳句 歌詞",
        "ko": "시를 이야기 소설",
        "zh": "诗 故事 小说 歌词 作文 广告语",
    },
    "writing": {"ar": "اكتب", "hi": "लिख", "ja": "書い 書け 作成", "ko": "써 작성", "zh": "写 寫 撰写 创作"},
    "maths": {
        "ar": "نظرية معادلة تكامل عدد_أولي",
        "hi": "प्रमेय समीकरण अभाज्य",
        "ja": "定理 方程式 積分 素数 行列 確率 予想",
        "ko": "정리 방정식 적분 소수 행렬 확률 가설",
        "zh": "定理 方程 积分 素数 质数 矩阵 概率 猜想 无理数 假说",
    },
    "code": {
        "ar": "كود دالة",
        "hi": "कोड फ़ंक्शन",
        "ja": "コード 関数 スクリプト",
        "ko": "코드 함수",
        "zh": "代码 函数 脚本 程序 数据库",
    },
    "define": {
        "ar": "ما_هو ما_هي ما_معنى",
        "hi": "क्या_है का_मतलब",
        "ja": "とは",
        "ko": "무엇 뭐야 뜻",
        "zh": "什么是 是什么 什麼是 是什麼 什么意思",
    },
    "lookup": {
        "ar": "من_هو متى أين كم_سعر",
        "hi": "कौन कब कहाँ",
        "ja": "いつ どこ 誰 何時 営業時間",
        "ko": "언제 어디 누구 몇_시 영업시간",
        "zh": "谁 何时 哪里 几点 多少钱 营业时间",
    },
    "specialist": {
        "ar": "مريض أعراض قانون",
        "hi": "रोगी लक्षण कानून",
        "ja": "患者 症状 胸痛 血圧 量子 法律 酵素 遺伝",
        "ko": "환자 증상 양자 법률 효소",
        "zh": "患者 症状 胸痛 血压 量子 法律 诊断 酶 基因 热力学 心电图",
    },
}


def _pieces() -> dict[str, tuple[tuple[str, str], ...]]:
    scripts = {"ar": "arabic", "hi": "devanagari", "ja": "cjk", "ko": "hangul", "zh": "cjk"}
    found: dict[str, list[tuple[str, str]]] = {}
    for idea, languages in _UNSPACED.items():
        for language, cues in languages.items():
            pieces = ((cue.replace("_", " "), idea) for cue in cues.split())
            found.setdefault(scripts[language], []).extend(pieces)
    return {script: tuple(dict.fromkeys(pieces)) for script, pieces in found.items()}


PIECES: Final = _pieces()
"""Script to (piece of text, idea)."""
