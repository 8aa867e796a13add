"""Indonesian, Swahili and Vietnamese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SOUTHERN: Final[Mapping[str, Mapping[str, str]]] = {
    "vi": {
        "prove": "chung_minh chi_ra_rang bac_bo",
        "derive": "suy_ra dan_xuat quy_nap",
        "design": "thiet_ke kien_truc de_xuat_kien_truc",
        "debug": "chan_doan go_loi sua_loi be_tac khoa_chet ro_ri bi_treo",
        "optimise": "toi_uu hieu_qua",
        "plan": "ke_hoach lap_ke_hoach chien_luoc lo_trinh di_chuyen_du",
        "analyse": "phan_tich danh_gia khao_sat",
        "why": "tai_sao vi_sao giai_thich_vi",
        "compare": "so_sanh khac_nhau_giua uu_diem nhuoc_diem uu_va_nhuoc su_khac_biet",
        "implement": "cai_dat_thuat trien_khai thuat_toan xay_dung",
        "systems": "phan_tan dong_thoi",
        "calculate": "tinh_toan hay_tinh tim_ra bao_nhieu giai_phuong xac_suat tim_x",
        "explain": "giai_thich mo_ta trinh_bay",
        "condition": "neu tru_khi gia_su voi_dieu_kien ma_khong",
        "sequence": "sau_do tiep_theo truoc_tien cuoi_cung roi",
        "creative": "bai_tho cau_chuyen truyen_ngan bai_hat bai_luan",
        "writing": "viet soan tao_ra",
        "maths": "so_nguyen_to dinh_ly tich_phan dao_ham phuong_trinh ma_tran can_bac nhom_huu_han vo_han "
        "kha_vi ham_so da_thuc",
        "code": "ma_nguon ham_python mot_ham_python chuong_trinh truy_van co_so_du_lieu api luong python java sql",
        "lookup": "ai khi_nao o_dau thu_do gia_bao nao dia_chi thoi_tiet may_gio",
        "define": "la_gi nghia_la co_nghia la_ai",
        "specialist": "chu_nha benh_nhan trieu_chung huyet_ap mang_thai thuoc chi_dinh chong_chi_dinh dau_nguc "
        "lieu_luong "
        "hiep_uoc enzyme lam_phat luong_tu tieu_duong",
    },
    "id": {
        "prove": "buktikan pembuktian bukti tunjukkan_bahwa sanggah",
        "derive": "turunkan penurunan induksi simpulkan",
        "design": "rancang rancanglah desain* arsitektur perancangan",
        "debug": "diagnos* debug kebuntuan kebocoran perbaiki_bug saling_menunggu",
        "optimise": "optimal* optimis* efisien minimalkan maksimalkan",
        "plan": "rencana* rencanakan strategi* migrasi jadwal",
        "analyse": "analisis* evaluasi* nilai_apakah idiki",
        "why": "mengapa kenapa alasan",
        "compare": "bandingkan perbandingan perbedaan kelebihan kekurangan keuntungan kerugian",
        "implement": "implementasi* kembangkan bangun_sebuah algoritma",
        "systems": "terdistribusi konkuren* replikasi",
        "calculate": "hitung* tentukan berapa esaikan temukan menemukan peluang",
        "explain": "jelaskan uraikan gambarkan deskripsikan",
        "condition": "jika kalau kecuali asalkan misalkan tanpa",
        "sequence": "kemudian lalu berikutnya pertama akhirnya setelah sebelum anjutnya",
        "creative": "puisi cerita* novel lagu esai pantun slogan",
        "writing": "tulis* buatkan buat_sebuah karang",
        "maths": "bilangan prima teorema integral turunan_dari persamaan matriks akar grup_hingga tak_hingga "
        "kontinu terdiferensial* "
        "polinomial",
        "code": "kode fungsi_python fungsi program skrip basis_data kueri api python java sql",
        "lookup": "siapa kapan di_mana mana ibu_kota harga alamat cuaca jam_berapa",
        "define": "apa_itu apa_arti apa_yang_dimaksud apakah_itu apa_ibu apa_diagnosis",
        "specialist": "pemilik_rumah penyewa pasien gejala tekanan_darah hamil kehamilan obat diindikasi* "
        "dikontraindikasi* nyeri "
        "dosis perjanjian enzim inflasi kuantum diabetes",
    },
    "sw": {
        "prove": "thibitisha onyesha_kwamba onyesha_kuwa kanusha uthibitisho",
        "derive": "kokotoa_fomula toa_fomula",
        "design": "buni sanifu usanifu pendekeza_muundo",
        "debug": "utambuzi tatua_hitilafu husubiriana ",
        "optimise": "boresha ufanisi punguza",
        "plan": "panga mpango mkakati uhamishaji ratiba",
        "analyse": "changanua uchambuzi tathmini chunguza",
        "why": "kwa_nini kwanini mbona",
        "compare": "linganisha tofauti faida hasara ulinganisho",
        "implement": "tekeleza algoriti unda_programu",
        "calculate": "kokotoa hesabu tafuta ngapi wangapi mangapi tatua nitapataje",
        "explain": "eleza elezea mweleze fafanua",
        "condition": "kama ikiwa isipokuwa endapo bila",
        "sequence": "kisha halafu baadaye inayofuata kwanza mwishowe kabla baada",
        "creative": "shairi hadithi riwaya wimbo insha",
        "writing": "andika tunga",
        "maths": "namba_tasa nadharia mlinganyo matriki kipeo_cha kundi_lenye kikomo endelevu hisabati",
        "code": "msimbo programu fomula_ya_python hifadhidata hoja_ya_sql api python java sql nyuzi",
        "lookup": "nani lini wapi mji_mkuu bei anwani saa_ngapi upi ipi",
        "define": "ni_nini nini_maana maana_ya ni_upi ni_ipi ni_zipi",
        "specialist": "mwenye_nyumba mpangaji mgonjwa dalili shinikizo_la_damu ujauzito dawa maumivu i kimeng'enya "
        "mfumuko_wa_bei kisukari",
    },
}
